import { expect } from "chai";
import { controllerMetrics, metricNamespace } from "../../../contract/metrics.ts";
import { addMetrics } from "../../../local/aws/metrics.ts";
import type { Properties } from "../../../local/provider.ts";
import { graphOf } from "../../unit/components/graph.ts";
import { budgetStack, evaluateOnce } from "../../unit/components/stack-program.ts";
import { account, region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

/** The stack's topic, subscriptions and alarms in the local AWS, and the mails that they would send. */
describe("mails of alarms", () => {
  let cloud: TestCloud;
  let makeAlarms: () => Promise<void>;

  beforeEach(async () => {
    const graph = graphOf(await evaluateOnce(budgetStack));
    cloud = await startTestCloud();
    const inputsOf = (type: string) => graph.ofType(type).map(({ inputs }) => inputs as Properties);
    const topic = (await cloud.make("topic", inputsOf("Topic")[0]!)).id;
    const atTopic = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value).replaceAll("arn:aws:sns:r:1:longhaul-dev-alarms", topic),
      ) as Properties;
    for (const inputs of inputsOf("TopicPolicy")) await cloud.make("topicPolicy", atTopic(inputs));
    for (const inputs of inputsOf("TopicSubscription")) await cloud.make("subscription", atTopic(inputs));
    makeAlarms = async () => {
      for (const inputs of inputsOf("MetricAlarm")) await cloud.make("alarm", atTopic(inputs));
    };
  });
  afterEach(() => cloud.close());

  const mails = () =>
    cloud.aws.account.mail.splice(0).map(({ subject }) => subject.replace("longhaul-dev-budget-", ""));

  /**
   * Publishes the controller's metrics of a minute.
   *
   * @param percent of the budget; absent: there is no figure yet
   */
  function meter(percent?: number): void {
    const { clock, host, aws } = cloud;
    clock.advance(60_000);
    const amounts = {
      [controllerMetrics.spentToday]: 1,
      ...(percent !== undefined && { [controllerMetrics.budgetUsed]: percent }),
    };
    addMetrics(
      { account, region, clock, host, data: aws.account, faults: aws.faults, log: console.error },
      Object.entries(amounts).map(([name, value]) => ({
        namespace: metricNamespace,
        name,
        dimensions: { Environment: "dev" },
        timestamp: clock.now(),
        values: [value],
        unit: "None",
      })),
    );
  }

  it("are not sent while an environment is made and nothing is wrong", async () => {
    meter(1);
    await makeAlarms();
    for (let minute = 0; minute < 20; minute++) meter(1);
    expect(mails()).to.deep.equal([]);
  });

  it("are not sent when an environment that has run for long is given a budget", async () => {
    for (let minute = 0; minute < 20; minute++) meter();
    await makeAlarms();
    for (let minute = 0; minute < 20; minute++) meter(1);
    expect(mails()).to.deep.equal([]);
  });

  it("say that the budget is spent, and that it is available again", async () => {
    meter(1);
    await makeAlarms();
    meter(1);
    meter(101);
    expect(mails()).to.deep.equal(['ALARM: "50"', 'ALARM: "80"', 'ALARM: "100"'].map(inRegion));
    cloud.clock.advance(600_000);
    meter(1);
    expect(mails()).to.deep.equal([inRegion('OK: "100"')]);
  });

  it("say that the meter does not count if it has never published a value, and that it counts again", async () => {
    await makeAlarms();
    expect(mails()).to.deep.equal([inRegion('ALARM: "silent"')]);
    meter(1);
    expect(mails()).to.deep.equal([inRegion('OK: "silent"')]);
  });

  const inRegion = (subject: string) => `${subject} in ${region}`;
});
