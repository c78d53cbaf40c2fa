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
    const behaviours = () =>
      calls.map(({ input }) => (input.InstanceInitiatedShutdownBehavior as { Value: string }).Value);
    return { marks, behaviours, agent: () => machinePower("i-1", marks, aws, run) };
  }

  it("counts as powering off before the command runs, even if the command fails", async () => {
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
    expect(lost.agent().isPoweringOff(), "for the next agent").to.equal(true);
  });

  it("does not power off if the mark cannot be written", async () => {
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
    ["cancels a boot timer", () => Promise.resolve({ code: 0, output: "b false\n" }), true],
    [
      "does not cancel a boot timer that has run out",
      () => Promise.resolve({ code: 0, output: "b true\n" }),
      false,
    ],
    ["cancels a boot timer if logind does not answer", () => Promise.reject(new Error("ENOENT")), true],
  ] as const) {
    it(title, async () => {
      const { agent } = machine(undefined, (program, words) =>
        program === "busctl" ? answer() : done(program, words),
      );
      const problem = await agent()
        .cancelBootTimer()
        .catch((error: unknown) => (error as Error).message);
      expect(problem).to.equal(cancelled ? undefined : "The machine is powering off already.");
    });
  }

  it("makes no call to EC2 before a plain sleep", async () => {
    const { agent, behaviours } = machine();
    await agent().stopAtPowerOff();
    expect(behaviours()).to.deep.equal([]);
  });

  it("reverts a requested termination once before a sleep, even if an earlier agent requested it", async () => {
    const { agent, behaviours, marks } = machine();
    await agent().endAtPowerOff();
    await agent().stopAtPowerOff();
    await agent().stopAtPowerOff();
    expect(behaviours()).to.deep.equal(["terminate", "stop"]);
    expect(existsSync(marks.ending)).to.equal(false);
  });

  it("counts a termination as requested if EC2's answer was lost or the revert failed", async () => {
    const { agent, behaviours } = machine(() => {
      throw new Failure("ec2:ModifyInstanceAttribute failed: NoAnswer");
    });
    for (const ask of ["endAtPowerOff", "stopAtPowerOff", "stopAtPowerOff"] as const) {
      const problem = await agent()
        [ask]()
        .catch((error: unknown) => (error as Error).message);
      expect(problem).to.include("NoAnswer");
    }
    expect(behaviours()).to.deep.equal(["terminate", "stop", "stop"]);
  });
});
