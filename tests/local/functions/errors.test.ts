import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createClock } from "../../../local/clock.ts";
import { createFunctions } from "../../../local/functions/index.ts";
import type { Functions } from "../../../local/functions/index.ts";
import type { Properties } from "../../../local/provider.ts";
import { startTestCloud } from "../aws/cloud.ts";
import type { TestCloud } from "../aws/cloud.ts";

/** Does what its event says: ends with a value, with an error, without an answer, or never. */
const code = `
export const handler = (how) => {
  if (how === "throws") throw new TypeError("of undefined");
  if (how === "dies") process.exit(1);
  return how === "hangs" ? new Promise(() => setInterval(() => undefined, 1000)) : how;
};
`;

describe("Lambda's own count of the calls that failed", () => {
  let dir: string;
  let functions: Functions;
  let cloud: TestCloud;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "longhaul-functions-"));
    const path = process.env.PATH ?? "";
    functions = createFunctions(
      { dir, clock: createClock(join(dir, "clock")), path },
      () => cloud.aws.queues,
    );
    cloud = await startTestCloud({ functions });
    await cloud.make("function", {
      name: "own",
      handler: "own.handler",
      timeout: 1,
      role: "arn:aws:iam::123456789012:role/longhaul/machines",
      code: { assets: { "own.mjs": { text: code } } },
    });
  });
  afterEach(async () => {
    await functions.stop();
    await cloud.close();
    rmSync(dir, { recursive: true });
  });

  const call = (how: string) =>
    functions.host.invoke("own", how).then(
      () => "done",
      () => "failed",
    );
  const counted = () =>
    cloud.aws.account.metrics
      .filter(({ namespace, name }) => namespace === "AWS/Lambda" && name === "Errors")
      .map(({ dimensions, values }) => [dimensions.FunctionName, ...values]);

  it("is 0 for a call that succeeded and 1 for one that threw, died or took too long", async () => {
    const ends = [];
    for (const how of ["well", "throws", "dies", "hangs", "well"]) ends.push(await call(how));
    expect(ends).to.deep.equal(["done", "failed", "failed", "failed", "done"]);
    expect(counted()).to.deep.equal([0, 1, 1, 1, 0].map((errors) => ["own", errors]));
  });

  it("begins an alarm at its threshold, and a missing measurement does not begin it", async () => {
    const alarm: Properties = {
      name: "errors",
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName: "own" },
      statistic: "Sum",
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold: 3,
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
    };
    await cloud.make("alarm", alarm);
    const states = [cloud.aws.account.alarms.errors];
    for (let calls = 0; calls < 3; calls++) {
      await call("throws");
      states.push(cloud.aws.account.alarms.errors);
    }
    expect(states).to.deep.equal(["OK", "OK", "OK", "ALARM"]);
    cloud.clock.advance(301_000);
    await call("well");
    expect(cloud.aws.account.alarms.errors).to.equal("OK");
  });
});
