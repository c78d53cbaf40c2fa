import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import { processTable } from "../../../runtime/agent/processes.ts";
import { configuration, put, temporaryFolder, until } from "../../unit/runtime/fixture.ts";
import type { ScriptedServer } from "../../unit/runtime/http-server.ts";
import { startServer } from "../../unit/runtime/http-server.ts";

const agent = join(import.meta.dirname, "../../../dist/agent.mjs");

describe("an agent that is stopped", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const children: ChildProcess[] = [];
  let metadata: ScriptedServer | undefined;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    metadata?.close();
    folder.remove();
  });

  const start = (program: string, words: string[], env: Record<string, string> = {}) => {
    const child = spawn(program, words, { env: { PATH: process.env.PATH, ...env }, stdio: "inherit" });
    children.push(child);
    return child;
  };

  /** Starts an agent beside a frozen listener. The metadata service never answers, so the agent waits at its start. */
  async function startBesideFrozen() {
    const paths = pathsBelow(folder.path, configuration.user);
    const processes = processTable("/proc", paths.runner);
    put(`${folder.path}/etc/longhaul/machine.json`, JSON.stringify(configuration));
    metadata = await startServer(() => ({ fails: "never" }));
    const listener = start("sleep", ["600"]);
    put(paths.listenerProcess, JSON.stringify(processes.mark(listener.pid!)));
    const isStopped = () => processes.stopped(listener.pid!);
    const freeze = async () => {
      listener.kill("SIGSTOP");
      await until(() => isStopped() === "all", "the listener is frozen");
    };
    await freeze();
    const started = start(process.execPath, [agent], {
      LONGHAUL_ROOT: folder.path,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
    });
    await until(() => metadata!.requests.length > 0, "the agent asks for its instance");
    return { started, freeze, isStopped };
  }

  it("thaws its listener first, even before it has looked at the listener", async () => {
    const { started, freeze, isStopped } = await startBesideFrozen();
    await freeze();
    started.kill("SIGTERM");
    expect(await once(started, "exit")).to.deep.equal([0, null]);
    expect(isStopped()).to.equal("none");
  });

  it("by SIGKILL leaves its listener frozen until the next agent starts, which thaws it before its first call", async () => {
    const { isStopped } = await startBesideFrozen();
    expect(isStopped()).to.equal("none");
  });
}).timeout(20_000); // Real processes, on a computer that may be busy.
