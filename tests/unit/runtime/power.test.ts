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

  it("a machine counts as powering off before the command is given, whatever the command does", async () => {
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

  it("a power-off that leaves no mark is not requested", async () => {
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

  it("a machine that goes to sleep makes no call to EC2", async () => {
    const { agent, told } = machine();
    await agent().stopAtPowerOff();
    expect(told()).to.deep.equal([]);
  });

  it("a machine that was to terminate and is to sleep after all takes the termination back, once, whichever agent requested it", async () => {
    const { agent, told, marks } = machine();
    await agent().endAtPowerOff();
    await agent().stopAtPowerOff();
    await agent().stopAtPowerOff();
    expect(told()).to.deep.equal(["terminate", "stop"]);
    expect(existsSync(marks.ending)).to.equal(false);
  });

  it("a termination counts as requested if its answer was lost, or if it could not be taken back", async () => {
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
