import { existsSync, statSync } from "node:fs";
import { expect } from "chai";
import { commandRunner } from "../../../runtime/agent/command.ts";
import type { RunCommand } from "../../../runtime/agent/command.ts";
import { diskReserve, reserveBytes } from "../../../runtime/agent/reserve.ts";
import { temporaryFolder } from "./fixture.ts";

describe("the reserve on a machine's disk", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => {
    folder.remove();
  });

  const plenty = 20 * reserveBytes;
  function machine(run: RunCommand = commandRunner({ PATH: process.env.PATH! })) {
    const file = `${folder.path}/reserve`;
    let room = plenty;
    const reserve = diskReserve(file, run, () => room);
    return {
      file,
      look: (bytes: number, worker = false) => {
        room = bytes;
        return reserve.look(worker);
      },
    };
  }

  it("takes its space at once, so that no job can", async () => {
    const { file, look } = machine();
    await look(plenty, true);
    const { size, blocks } = statSync(file);
    expect(size).to.equal(reserveBytes);
    expect(blocks * 512).to.be.at.least(reserveBytes);
  });

  it("is given up when the disk is full and the job that filled it is over, and not before", async () => {
    const { file, look } = machine();
    await look(plenty);
    await look(0, true);
    expect(existsSync(file), "while a job runs, which would use it up").to.equal(true);
    await look(reserveBytes);
    expect(existsSync(file), "while there is as much room anyway").to.equal(true);
    await look(0);
    expect(existsSync(file)).to.equal(false);
  });

  it("comes back when the disk has been tidied up, and not before", async () => {
    const { file, look } = machine();
    await look(2 * reserveBytes);
    expect(existsSync(file)).to.equal(false);
    await look(plenty, true);
    expect(existsSync(file)).to.equal(true);
  });

  it("leaves nothing half done where the disk does not give it, says so, and does not ask each second", async () => {
    let asked = 0;
    const { file, look } = machine(() => {
      asked++;
      return Promise.resolve({ code: 1, output: "fallocate: fallocate failed: Operation not supported\n" });
    });
    const problem = await look(plenty).catch((error: unknown) => (error as Error).message);
    expect(problem).to.equal("fallocate: fallocate failed: Operation not supported");
    await look(plenty);
    expect(asked).to.equal(1);
    expect(existsSync(file)).to.equal(false);
  });
});
