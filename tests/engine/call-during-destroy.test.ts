import { expect } from "chai";
import { meterParameter } from "../../contract/meter.ts";
import { tags } from "../../contract/tags.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { oneRunner } from "../journey/one-runner.ts";
import { impatient } from "../journey/user-jobs.ts";

const minute = 60_000;

/** A call of an API that is under way for as long as a test wants. */
function hold({ cloud }: TestEnvironment, action: string) {
  let release!: () => void;
  const until = new Promise<void>((resolve) => (release = resolve));
  let isReached = false;
  // Read by the call that meets the fault, and by nothing else.
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

  it("does not keep the next `up` from making what it has written at the last moment, with its tags", async () => {
    const look = await callAndHold("ec2:DescribeVolumes"); // Nothing but the controller makes this call.
    const write = hold(environment, "ssm:PutParameter"); // Permitted by then, and late.
    look.release();
    await eventually("it writes", write.isReached);
    await environment.destroy();
    expect(account().parameters).to.deep.equal({});
    write.release();
    const meter = meterParameter("local");
    await eventually("what was written is there", () => meter in account().parameters);

    await environment.up();
    expect(account().parameters[meter]!.tags).to.include({ [tags.environment]: "local" });
    await environment.destroy();
    expect(account().parameters).to.deep.equal({});
  });
});
