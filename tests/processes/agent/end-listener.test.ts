import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { endListener } from "../../../runtime/agent/end-listener.ts";
import { systemClock } from "../../../runtime/agent/clock.ts";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import { processTable } from "../../../runtime/agent/processes.ts";
import { put, temporaryFolder, until } from "../../unit/runtime/fixture.ts";

/** A process that writes `ready`, and on SIGTERM writes `told` and ends. */
const polite = `#!/bin/bash
trap 'echo told >>told; exit 143' TERM
echo ready >ready
while :; do read -rt 1 <> never; done
`;

describe("ending the listener when the machine is powered off", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let children: ChildProcess[];
  beforeEach(() => {
    folder = temporaryFolder();
    children = [];
  });
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    folder.remove();
  });

  async function machine(program: "Runner.Listener" | "Runner.Worker") {
    const paths = pathsBelow(folder.path, "runner");
    const processes = processTable("/proc", paths.runner);
    const bin = `${paths.runner}/bin`;
    put(paths.listenerProcess, "null");
    put(`${bin}/${program}`, polite, 0o755);
    const child = spawn("bash", ["-c", "mkfifo never && exec ./$0 run", program], { cwd: bin });
    children.push(child);
    await until(() => existsSync(`${bin}/ready`), "it runs");
    const mark = processes.mark(child.pid!)!;
    if (program === "Runner.Listener") put(paths.listenerProcess, JSON.stringify(mark));
    const wasTold = () => existsSync(`${bin}/told`) && readFileSync(`${bin}/told`, "utf8") === "told\n";
    const end = (state = "stopping") =>
      endListener(
        { paths, processes },
        (...asked) => {
          expect(asked.slice(0, 2)).to.deep.equal(["systemctl", ["is-system-running"]]);
          return state === ""
            ? Promise.reject(new Error("in time"))
            : Promise.resolve({ code: 1, output: `${state}\n` });
        },
        systemClock,
      );
    return { child, wasTold, end };
  }

  it("sends the listener one SIGTERM, and waits until it has ended", async () => {
    const { child, wasTold, end } = await machine("Runner.Listener");
    const ended = once(child, "exit");
    expect(await end()).to.equal("listener");
    expect(wasTold()).to.equal(true);
    expect(await ended).to.deep.equal([143, null]);
  });

  it("thaws a listener that its agent left frozen", async () => {
    const { child, wasTold, end } = await machine("Runner.Listener");
    child.kill("SIGSTOP");
    expect(await end()).to.equal("listener");
    expect(wasTold()).to.equal(true);
  });

  it("sends SIGTERM to a worker that has outlived its listener", async () => {
    const { wasTold, end } = await machine("Runner.Worker");
    expect(await end()).to.equal("worker");
    expect(wasTold()).to.equal(true);
  });

  it("does nothing if neither runs, as when the agent powers the machine off", async () => {
    const { child, end } = await machine("Runner.Listener");
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    expect(await end()).to.equal("nothing runs");
  });

  it("leaves the listener alone if the unit is stopped while the machine stays up", async () => {
    const { child, wasTold, end } = await machine("Runner.Listener");
    for (const state of ["initializing", "starting", "running", "degraded", "maintenance"]) {
      expect(await end(state), state).to.equal("stays up");
    }
    expect(child.exitCode).to.equal(null);
    expect(wasTold()).to.equal(false);
  });

  for (const answer of ["", "offline", "unknown", "Failed to connect to bus: No such file or directory"]) {
    const said = answer === "" ? "nothing in time" : `"${answer}"`;
    it(`ends the listener if systemd answers ${said}`, async () => {
      const { end } = await machine("Runner.Listener");
      expect(await end(answer)).to.equal("listener");
    });
  }
}).timeout(20_000); // Real processes, on a computer that may be busy.
