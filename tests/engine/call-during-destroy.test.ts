import { expect } from "chai";
import { meterParameter } from "../../contract/meter.ts";
import { tags } from "../../contract/tags.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { oneRunner } from "../journey/one-runner.ts";
import { impatient } from "../journey/user-jobs.ts";

const minute = 60_000;

/** A call of an API that is in progress for as long as a test needs. */
function hold({ cloud }: TestEnvironment, action: string) {
  let release!: () => void;
  const until = new Promise<void>((resolve) => (release = resolve));
  let isReached = false;
  // Only the call that meets the fault reads this.
  cloud.aws.faults.add({
    action,
    get until() {
      isReached = true;
      return until;
    },
  });
  return { release, isReached: () => isReached };
}

describe("a controller's call that outlives its environment", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment(impatient);
    await environment.configure(oneRunner({}, { enabled: false }));
    await environment.up();
  });
  after(() => environment.close());

  const account = () => environment.cloud.aws.account;
  /** Calls the controller, and holds that call at an action. */
  const callAndHold = async (action: string) => {
    const held = hold(environment, action);
    environment.cloud.clock.advance(minute);
    await eventually(`the controller is at ${action}`, held.isReached);
    return held;
  };

  it("does not prevent the next `up` from creating what the call wrote at the last moment, with its tags", async () => {
    const look = await callAndHold("ec2:DescribeVolumes"); // Only the controller makes this call.
    const write = hold(environment, "ssm:PutParameter"); // The call was permitted by then, but is late.
    look.release();
    await eventually("it writes", write.isReached);
    await environment.destroy();
    expect(account().parameters).to.deep.equal({});
    write.release();
    const meter = meterParameter("local");
    await eventually("the written parameter exists", () => meter in account().parameters);

    await environment.up();
    expect(account().parameters[meter]!.tags).to.include({ [tags.environment]: "local" });
    await environment.destroy();
    expect(account().parameters).to.deep.equal({});
  });
});
