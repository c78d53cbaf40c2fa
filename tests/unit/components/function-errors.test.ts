import { expect } from "chai";
import { graphOf } from "./graph.ts";
import { evaluateOnce, evaluateStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

const topic = "arn:aws:sns:r:1:longhaul-dev-alarms";

describe("the alarms on the calls of the functions", () => {
  const onErrors = async (raw: Raw) =>
    graphOf(await (raw === repositoryStack ? evaluateOnce(raw) : evaluateStack(raw)))
      .ofType("MetricAlarm")
      .map(({ inputs }) => inputs)
      .filter(({ metricName }) => metricName === "Errors");

  it("exist without a budget too, one for each function", async () => {
    const names = async (raw: Raw) => (await onErrors(raw)).map(({ dimensions }) => dimensions);
    expect(await names(repositoryStack)).to.deep.equal([{ FunctionName: "longhaul-dev-controller" }]);
    expect(await names({ ...repositoryStack, wakeOnDemand: { enabled: true } })).to.have.deep.members([
      { FunctionName: "longhaul-dev-controller" },
      { FunctionName: "longhaul-dev-receiver" },
    ]);
  });

  it("notify the topic if three calls fail within five minutes, by Lambda's own count, and when the alarm ends", async () => {
    const [alarm] = await onErrors(repositoryStack);
    expect(alarm).to.deep.include({
      namespace: "AWS/Lambda",
      statistic: "Sum",
      threshold: 3,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: [topic],
      okActions: [topic],
    });
    expect(alarm!.alarmDescription).to.include("/longhaul/dev/functions/controller");
  });
});
