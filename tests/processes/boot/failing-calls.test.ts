import { StartInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { tags } from "../../../contract/tags.ts";
import type { Instance } from "../../../local/aws/state.ts";
import { eventually } from "../../environment.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

/*
 * The rows about machines in docs/architecture.md, "What each call is needed
 * for". The real boot script and agent run while one call always fails.
 */
describe("a machine with a call that keeps failing", function () {
  this.timeout(120_000);
  let machines: MachineCloud;
  const mends: (() => void)[] = [];
  before(async () => {
    machines = await startMachineCloud({ systemd: { delayLockSeconds: 0, restartFactor: 0.01 } });
  });
  after(() => machines.close());
  afterEach(() => {
    mends.splice(0).forEach((mend) => {
      mend();
    });
    machines.cloud.clock.setFactor(1);
  });

  /** Makes a call fail. @returns what makes it succeed again */
  const fail = (action: string, error: string) => {
    const mend = machines.cloud.aws.faults.add({ action, error, times: Infinity });
    mends.push(mend);
    return mend;
  };
  const isOnline = ({ id }: Instance) =>
    machines.cloud.github.runners().some(({ name, session }) => name.endsWith(id) && session !== undefined);
  const online = (machine: Instance) => eventually(`${machine.id} to be online`, () => isOnline(machine));
  const stopped = (machine: Instance) =>
    eventually(`${machine.id} to be stopped`, () => machine.state === "stopped");
  const said = (machine: Instance, words: string) =>
    eventually(`${machine.id} to say "${words}"`, () => machine.console.includes(words));

  it("comes up and goes to sleep without ec2:CreateTags, logs:PutLogEvents and cloudwatch:PutMetricData", async () => {
    for (const action of ["ec2:CreateTags", "logs:PutLogEvents", "cloudwatch:PutMetricData"]) {
      fail(action, "RequestLimitExceeded");
    }
    const machine = await machines.launch();
    await online(machine);
    expect(machines.stateOf(machine)).to.equal(undefined);
    await machines.power("off");
    await stopped(machine);
    await machines.power("on");
    await machines.remove(machine);
  });

  it("comes up without ssm:PutParameter, and reports that it could not overwrite its used token", async () => {
    const machine = await machines.launch();
    fail("ssm:PutParameter", "AccessDeniedException"); // Only now, because the launch writes parameters with the same call.
    await online(machine);
    await eventually("the machine to report it", () =>
      Boolean(machine.tags[tags.detail]?.includes("could not be overwritten")),
    );
    await machines.state(machine, "idle");
    mends.pop()!();
    await machines.remove(machine);
  });

  it("waits for its token without ssm:GetParameter at its first boot, and registers once it can read it", async () => {
    const mend = fail("ssm:GetParameter", "InternalServerError");
    const machine = await machines.launch();
    await said(machine, "Waiting for the registration token.");
    await said(machine, "InternalServerError");
    expect(machines.entriesOf(machine)).to.equal(0);
    mend();
    await online(machine);
    await machines.remove(machine);
  });

  it("fails its first boot without ssm:GetParameters for its software, reports why, and finishes once the call succeeds", async () => {
    const mend = fail("ssm:GetParameters", "ThrottlingException");
    machines.cloud.clock.setFactor(100);
    const machine = await machines.launch();
    await machines.state(machine, "boot-failed");
    expect(machine.tags[tags.detail]).to.match(/could not be read .*: ssm answered 400 +ThrottlingException/);
    expect(machine.console.match(/arming the timer/g)).to.have.length(1);
    machines.cloud.clock.setFactor(1);
    mend();
    await online(machine);
    expect(machine.console.match(/arming the timer/g), "the same boot").to.have.length(1);
    await machines.remove(machine);
  });

  it("keeps its state without ssm:GetParameters while it is awake, and starts no listener after a wake", async () => {
    const machine = await machines.launch();
    await online(machine);
    await machines.power("off");
    await stopped(machine);
    await machines.power("on");
    const mend = fail("ssm:GetParameters", "InternalServerError");
    await machines.ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
    await machines.state(machine, "waiting");
    const sinceTheWake = () => machine.console.split("\nboot\n").at(-1)!;
    await eventually("the machine to say why", () => sinceTheWake().includes("parameters cannot be read"));
    expect(sinceTheWake()).to.include(": waiting").and.not.include(": idle");
    mend();
    await machines.state(machine, "idle");
    const timesUnread = () => sinceTheWake().split("cannot be read").length;
    const before = timesUnread();
    fail("ssm:GetParameters", "ThrottlingException"); // As when other callers use up the account's SSM quota.
    await machines.power("off");
    await eventually("the machine to fail to read it", () => timesUnread() > before);
    await eventually("the machine to report it", () =>
      Boolean(machine.tags[tags.detail]?.includes("cannot read its fleet's parameters")),
    );
    expect(machine.state).to.equal("running");
    await machines.power("on");
    await machines.remove(machine);
  });

  it("does not sleep without ec2:ModifyInstanceAttribute if EC2 might terminate it at its power-off", async () => {
    const machine = await machines.launch();
    await online(machine);
    machines.write(machine, "var/lib/longhaul/ending", "");
    fail("ec2:ModifyInstanceAttribute", "InternalError");
    await machines.power("off");
    await said(machine, "EC2 refuses to let its power-off only stop it");
    expect(machine.state).to.equal("running");
    await machines.power("on");
    await online(machine);
    await machines.remove(machine);
  });
});
