import { expect } from "chai";
import { existsSync, mkdirSync } from "node:fs";
import { Failure } from "../../../contract/failure.ts";
import type { RunCommand } from "../../../runtime/agent/command.ts";
import { machinePower } from "../../../runtime/agent/power.ts";
import { fakeAws, temporaryFolder } from "./fixture.ts";

describe("the machine's own power", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => {
    folder.remove();
  });

  const done: RunCommand = () => Promise.resolve({ code: 0, output: "" });

  function machine(answer: () => unknown = () => undefined, run = done) {
    const { aws, calls } = fakeAws(answer);
    const marks = { ending: `${folder.path}/ending`, poweringOff: `${folder.path}/powering-off` };
    const told = () =>
      calls.map(({ input }) => (input.InstanceInitiatedShutdownBehavior as { Value: string }).Value);
    return { marks, told, agent: () => machinePower("i-1", marks, aws, run) };
  }

  it("a machine counts as powering off before the command is given, and whatever becomes of that", async () => {
    const seen: boolean[] = [];
    const lost = machine(undefined, () => {
      seen.push(existsSync(lost.marks.poweringOff));
      return Promise.reject(new Failure("shutdown was ended by SIGTERM after at most 60000 ms"));
    });
    expect(lost.agent().isPoweringOff()).to.equal(false);
    const problem = await lost
      .agent()
      .powerOff()
      .catch((error: unknown) => (error as Error).message);
    expect(problem).to.include("was ended by SIGTERM");
    expect(seen).to.deep.equal([true]);
    expect(lost.agent().isPoweringOff(), "for the agent that comes after it").to.equal(true);
  });

  it("a power-off that leaves no mark is not asked for", async () => {
    const asked: string[] = [];
    const { agent, marks } = machine(undefined, (program) => {
      asked.push(program);
      return done(program, []);
    });
    mkdirSync(marks.poweringOff);
    const problem = await agent()
      .powerOff()
      .catch((error: unknown) => (error as NodeJS.ErrnoException).code);
    expect(problem).to.equal("EISDIR");
    expect(asked).to.deep.equal([]);
  });

  for (const [title, answer, cancelled] of [
    ["is cancelled", () => Promise.resolve({ code: 0, output: "b false\n" }), true],
    ["that has run out is not", () => Promise.resolve({ code: 0, output: "b true\n" }), false],
    ["is cancelled where logind cannot be asked", () => Promise.reject(new Error("ENOENT")), true],
  ] as const) {
    it(`a boot timer ${title}`, async () => {
      const { agent } = machine(undefined, (program, words) =>
        program === "busctl" ? answer() : done(program, words),
      );
      const problem = await agent()
        .cancelBootTimer()
        .catch((error: unknown) => (error as Error).message);
      expect(problem).to.equal(cancelled ? undefined : "The machine is powering off already.");
    });
  }

  it("a machine that goes to sleep asks EC2 for nothing", async () => {
    const { agent, told } = machine();
    await agent().stopAtPowerOff();
    expect(told()).to.deep.equal([]);
  });

  it("a machine that was to end and is to sleep after all takes its end back, once, whichever agent asked for it", async () => {
    const { agent, told, marks } = machine();
    await agent().endAtPowerOff();
    await agent().stopAtPowerOff();
    await agent().stopAtPowerOff();
    expect(told()).to.deep.equal(["terminate", "stop"]);
    expect(existsSync(marks.ending)).to.equal(false);
  });

  it("an end whose answer was lost counts as asked for, and one that could not be taken back still does", async () => {
    const { agent, told } = machine(() => {
      throw new Failure("ec2:ModifyInstanceAttribute failed: NoAnswer");
    });
    for (const ask of ["endAtPowerOff", "stopAtPowerOff", "stopAtPowerOff"] as const) {
      const problem = await agent()
        [ask]()
        .catch((error: unknown) => (error as Error).message);
      expect(problem).to.include("NoAnswer");
    }
    expect(told()).to.deep.equal(["terminate", "stop", "stop"]);
  });
});
