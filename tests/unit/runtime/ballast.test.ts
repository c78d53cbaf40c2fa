import { existsSync, statSync } from "node:fs";
import { expect } from "chai";
import { commandRunner } from "../../../runtime/agent/command.ts";
import type { RunCommand } from "../../../runtime/agent/command.ts";
import { diskBallast, fullBytes, ballastBytes } from "../../../runtime/agent/ballast.ts";
import { temporaryFolder } from "./fixture.ts";

describe("the ballast on a machine's disk", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => {
    folder.remove();
  });

  const plenty = 20 * ballastBytes;
  function machine(run: RunCommand = commandRunner({ PATH: process.env.PATH! })) {
    const file = `${folder.path}/ballast`;
    let room = plenty;
    const times = { full: 0 };
    const ballast = diskBallast(
      file,
      run,
      () => times.full++,
      () => room,
    );
    return {
      file,
      times,
      look: (bytes: number, worker = false) => {
        room = bytes;
        return ballast.look(worker);
      },
    };
  }

  it("reserves its space at once, so that jobs cannot use it", async () => {
    const { file, look } = machine();
    await look(plenty, true);
    const { size, blocks } = statSync(file);
    expect(size).to.equal(ballastBytes);
    expect(blocks * 512).to.be.at.least(ballastBytes);
  });

  it("is deleted between jobs if there is too little space for the next one, and during a job if nothing is left", async () => {
    const { file, look, times } = machine();
    await look(plenty);
    await look(fullBytes, true);
    expect(existsSync(file), "while the running job still has some space").to.equal(true);
    await look(fullBytes - 1, true);
    expect(existsSync(file)).to.equal(false);
    expect(times.full).to.equal(1);
    await look(plenty);
    await look(ballastBytes);
    expect(existsSync(file), "while there is as much free space without it").to.equal(true);
    await look(0);
    expect(existsSync(file)).to.equal(false);
  });

  it("counts each time that a job fills the disk once, even if the job failed because of that", async () => {
    const { look, times } = machine();
    for (const room of [0, 0, 3 * fullBytes, 0]) await look(room, true);
    expect(times.full, "the first time").to.equal(1);
    await look(plenty, true);
    await look(0);
    expect(times.full, "filled by the previous job").to.equal(2);
    await look(plenty);
    await look(0);
    expect(times.full, "filled by no job").to.equal(2);
  });

  it("is made again once the disk has enough free space", async () => {
    const { file, look } = machine();
    await look(2 * ballastBytes);
    expect(existsSync(file)).to.equal(false);
    await look(plenty, true);
    expect(existsSync(file)).to.equal(true);
  });

  it("leaves no partial file if the disk refuses the space, reports that, and does not retry each second", async () => {
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
