import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import { processTable } from "../../../runtime/agent/processes.ts";
import { configuration, put, temporaryFolder, until } from "../../unit/runtime/fixture.ts";
import { startServer } from "../../unit/runtime/http-server.ts";

const agent = join(import.meta.dirname, "../../../dist/agent.mjs");

describe("an agent that is stopped", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    folder.remove();
  });

  const start = (program: string, words: string[], env: Record<string, string> = {}) => {
    const child = spawn(program, words, { env: { PATH: process.env.PATH, ...env }, stdio: "inherit" });
    children.push(child);
    return child;
  };

  it("thaws its listener first, even where it has not got as far as to look at it", async () => {
    const paths = pathsBelow(folder.path, configuration.user);
    const processes = processTable("/proc", paths.runner);
    put(`${folder.path}/etc/longhaul/machine.json`, JSON.stringify(configuration));
    const metadata = await startServer(() => ({ fails: "never" }));
    const listener = start("sleep", ["600"]);
    put(paths.listenerProcess, JSON.stringify(processes.mark(listener.pid!)));
    listener.kill("SIGSTOP");
    await until(() => processes.stopped(listener.pid!) === "all", "the listener is frozen");
    const stopped = start(process.execPath, [agent], {
      LONGHAUL_ROOT: folder.path,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
    });
    await until(() => metadata.requests.length > 0, "the agent asks for its instance");
    stopped.kill("SIGTERM");
    expect(await once(stopped, "exit")).to.deep.equal([0, null]);
    metadata.close();
    expect(processes.stopped(listener.pid!)).to.equal("none");
  });
}).timeout(20_000); // Real processes, on a computer that may be busy.
