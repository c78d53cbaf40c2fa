import { expect } from "chai";
import { existsSync } from "node:fs";
import { machinePower } from "../../../runtime/agent/power.ts";
import { fakeAws, temporaryFolder } from "./fixture.ts";

describe("the machine's own power", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => {
    folder.remove();
  });

  function machine(answer: () => unknown = () => undefined) {
    const { aws, calls } = fakeAws(answer);
    const mark = `${folder.path}/ending`;
    const told = () =>
      calls.map(({ input }) => (input.InstanceInitiatedShutdownBehavior as { Value: string }).Value);
    const done = () => Promise.resolve({ code: 0, output: "" });
    return { mark, told, agent: () => machinePower("i-1", mark, aws, done) };
  }

  it("a machine that goes to sleep asks EC2 for nothing", async () => {
    const { agent, told } = machine();
    await agent().stopAtPowerOff();
    expect(told()).to.deep.equal([]);
  });

  it("a machine that was to end and is to sleep after all takes its end back, once, whichever agent asked for it", async () => {
    const { agent, told, mark } = machine();
    await agent().endAtPowerOff();
    await agent().stopAtPowerOff();
    await agent().stopAtPowerOff();
    expect(told()).to.deep.equal(["terminate", "stop"]);
    expect(existsSync(mark)).to.equal(false);
  });

  it("an end whose answer was lost counts as asked for, and one that could not be taken back still does", async () => {
    const { agent, told } = machine(() => {
      throw new Error("ec2:ModifyInstanceAttribute failed: NoAnswer");
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
