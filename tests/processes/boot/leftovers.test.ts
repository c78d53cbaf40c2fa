import { expect } from "chai";
import type { Instance } from "../../../local/aws/state.ts";
import { eventually } from "../../environment.ts";
import type { MachineCloud } from "./machine-cloud.ts";
import { startMachineCloud } from "./machine-cloud.ts";

/** Asks for the role's credentials, with what is needed for that in one session. */
const asksForCredentials = `imds=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
session=$(curl -sX PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $imds/api/token)
curl -sH "X-aws-ec2-metadata-token: $session" $imds/meta-data/iam/security-credentials/`;

/*
 * A job may leave programs behind that start at boot. cron and logind do
 * not wait for Longhaul's boot script.
 */
describe("a program that a job left behind to start at boot", function () {
  this.timeout(90_000);
  let machines: MachineCloud;
  let machine: Instance;
  before(async () => {
    machines = await startMachineCloud();
    machine = await machines.launch();
    await machines.state(machine, "idle");
  });
  after(() => machines.close());

  const reboot = async () => {
    const boots = () => machine.console.match(/^boot$/gm)!.length;
    const before = boots();
    await machines.onMachine(machine, "reboot");
    await eventually("the machine to boot", () => boots() > before, 30_000);
    await machines.state(machine, "idle");
  };

  it("gets no credentials, even if it starts", async () => {
    await machines.asJob(machine, "mkdir -p ../../var/spool/cron/crontabs"); // Only root could do this, not a job.
    machines.write(machine, "home/runner/ask.sh", `${asksForCredentials}\necho "curl ended with $?"`);
    machines.write(
      machine,
      "var/spool/cron/crontabs/runner",
      '@reboot bash "$LONGHAUL_ROOT/home/runner/ask.sh" >"$LONGHAUL_ROOT/answer"\n',
    );
    await reboot();
    await eventually(
      "the answer",
      () => machines.read(machine, "answer")?.includes("ended with") === true,
      30_000,
    );
    expect(machines.read(machine, "answer")).to.equal("curl ended with 52\n");
  });

  it("does not start if the job had no root rights", async () => {
    const starts = (name: string) => `echo ${name} >>"$LONGHAUL_ROOT/started"`;
    const put = await machines.asJob(
      machine,
      `crontab - 2>&1 <<<'@reboot ${starts("crontab")}' || true
       mkdir -p .config/systemd/user/default.target.wants
       echo 'ExecStart=bash -c ${JSON.stringify(starts("unit"))}' >.config/systemd/user/default.target.wants/a.service
       loginctl enable-linger || true`,
    );
    await reboot();
    expect(machines.read(machine, "started"), put).to.equal(undefined);
  });
});
