import { StartInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { topicPolicy } from "../../../components/alarm-topic/alarm-topic.ts";
import {
  budgetArn,
  budgetTrust,
  denial,
  executionStatements,
} from "../../../components/iam/budget-policy.ts";
import { document, trustPolicy } from "../../../components/iam/policy.ts";
import { addMetrics } from "../../../local/aws/metrics.ts";
import { account, refusal, region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

const aws = { account, region, partition: "aws" } as const;
const to = "ops@example.com";

/** A budget of 100 USD with the policies that the components write. */
describe("money in the local AWS", () => {
  let cloud: TestCloud;
  let topic: string;
  let policyArn: string;

  beforeEach(async () => {
    cloud = await startTestCloud();
    topic = (await cloud.make("topic", { name: "alarms" })).id;
    await cloud.make("topicPolicy", { arn: topic, policy: topicPolicy(topic, aws, true) });
    const filter = { filterPolicy: '{"AlarmName":[{"exists":true}]}', filterPolicyScope: "MessageBody" };
    await cloud.make("subscription", { topic, protocol: "email", endpoint: to, ...filter });
    await cloud.make("budget", {
      name: "longhaul-dev-eu-central-1",
      limitAmount: "100",
      notifications: [80, 100].map((threshold) => ({
        notificationType: "ACTUAL",
        threshold,
        subscriberEmailAddresses: [to],
        subscriberSnsTopicArns: [topic],
      })),
    });
    const policy = { name: "denial", path: "/", policy: JSON.stringify(denial("dev", aws)) };
    policyArn = (await cloud.make("managedPolicy", policy)).id;
    const assumeRolePolicy = trustPolicy(aws, "budgets", budgetTrust(aws));
    await cloud.make("role", { name: "executor", path: "/", assumeRolePolicy });
    const statements = executionStatements(policyArn, aws);
    await cloud.make("rolePolicy", {
      role: "executor",
      name: "own",
      policy: JSON.stringify(document(statements)),
    });
  });
  afterEach(() => cloud.close());

  const makeAction = () =>
    cloud.make("budgetAction", {
      budgetName: "longhaul-dev-eu-central-1",
      notificationType: "ACTUAL",
      actionThreshold: { actionThresholdType: "PERCENTAGE", actionThresholdValue: 100 },
      definition: { iamActionDefinition: { policyArn, roles: ["machines"] } },
      executionRoleArn: `arn:aws:iam::${account}:role/executor`,
      subscribers: [{ subscriptionType: "SNS", address: topic }],
    });
  const mail = () => cloud.aws.account.mail.map((each) => `${each.to}: ${each.subject} ${each.text}`);
  const bill = (actual: number) => {
    cloud.aws.bill("longhaul-dev-eu-central-1", { actual });
  };

  it("causes one mail for each threshold, and another when it is crossed again", () => {
    bill(79);
    expect(mail()).to.deep.equal([]);
    bill(81);
    bill(82);
    expect(mail()).to.have.lengthOf(1);
    bill(101);
    expect(mail()).to.have.lengthOf(2);
    bill(0);
    bill(81);
    expect(mail()).to.have.lengthOf(3);
  });

  it("denies what the budget's action says, with the permissions of its role, and nothing in another environment", async () => {
    await makeAction();
    const machine = await cloud.machine({
      tags: { "longhaul:project": "longhaul", "longhaul:environment": "dev", "longhaul:fleet": "cloud" },
    });
    bill(101);
    expect(cloud.aws.account.attachedPolicies).to.deep.equal({ machines: [policyArn] });
    const start = new StartInstancesCommand({ InstanceIds: [machine.id] });
    expect(await refusal(cloud.clients(machine).ec2.send(start))).to.equal("UnauthorizedOperation");
    expect(await refusal(cloud.remove("managedPolicy", policyArn))).to.include("attached");
  });

  it("does not act if the role of the action may not", async () => {
    await cloud.remove("rolePolicy", "executor:own");
    await makeAction();
    bill(101);
    expect(cloud.aws.account.attachedPolicies).to.deep.equal({});
    expect(Object.values(cloud.aws.account.budgetActions)).to.deep.equal(["EXECUTION_FAILURE"]);
  });

  it("is refused if the role or the topic trusts only one budget: which ARN AWS sends is not documented", async () => {
    const one = budgetArn("dev", aws);
    const ArnLike = { "aws:SourceArn": [one, `${one}/action/*`] };
    const narrow = (policy: string) =>
      policy.replace(/"ArnLike":\{[^}]*budgets[^}]*\}/, `"ArnLike":${JSON.stringify(ArnLike)}`);
    const update = (type: string, id: string, inputs: object) =>
      cloud.aws.provider.types[type]!.update!(id, {}, { ...inputs }, {}, []);

    const assumeRolePolicy = narrow(trustPolicy(aws, "budgets", budgetTrust(aws)));
    await update("aws:iam/role:Role", "executor", { name: "executor", assumeRolePolicy });
    expect(await refusal(makeAction())).to.include("may not take the role");
    const policy = narrow(topicPolicy(topic, aws, true));
    await update("aws:sns/topicPolicy:TopicPolicy", topic, { arn: topic, policy });
    expect(await refusal(makeAction())).to.include("may not publish");
  });

  it("reaches people through the topic only from services that the topic's policy names", async () => {
    const dimensions = { Environment: "dev" };
    await cloud.make("alarm", {
      name: "half",
      namespace: "Longhaul",
      metricName: "Used",
      dimensions,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      statistic: "Maximum",
      period: 300,
      evaluationPeriods: 1,
      threshold: 50,
      treatMissingData: "ignore",
      alarmActions: [topic],
    });
    const put = (value: number) => {
      const timestamp = cloud.clock.now();
      const datum = {
        namespace: "Longhaul",
        name: "Used",
        dimensions,
        timestamp,
        values: [value],
        unit: "None",
      };
      addMetrics(
        {
          account,
          region,
          clock: cloud.clock,
          data: cloud.aws.account,
          host: cloud.host,
          faults: cloud.aws.faults,
          log: console.error,
        },
        [datum],
      );
    };
    put(49);
    expect(mail()).to.deep.equal([]);
    put(51);
    put(52);
    expect(mail()).to.have.lengthOf(1);
    expect(mail()[0]).to.include('ALARM: "half"');
    // AWS's budget published to the topic as well. The subscription's filter prevents a second mail.
    bill(101);
    expect(mail().filter((line) => line.includes("AWS Budgets"))).to.have.lengthOf(2);

    const elsewhere = topicPolicy(topic, { ...aws, account: "999999999999" }, true);
    await cloud.aws.provider.types["aws:sns/topicPolicy:TopicPolicy"]!.update!(
      topic,
      {},
      { arn: topic, policy: elsewhere },
      {},
      ["policy"],
    );
    cloud.clock.advance(600_000);
    put(1);
    put(99);
    expect(mail().filter((line) => line.includes("half"))).to.have.lengthOf(1);
  });

  it("does not know a cost allocation tag before a resource with it has cost money for a day", async () => {
    const tag = { tagKey: "longhaul:environment", status: "Active" };
    await cloud.machine({ tags: { "longhaul:environment": "dev" } });
    expect(await refusal(cloud.make("costTag", tag))).to.include("Tag keys not found");
    cloud.clock.advance(25 * 3_600_000);
    await cloud.make("costTag", tag);
  });

  it("has a budget for its environment alone", () => {
    expect(budgetArn("dev", aws)).to.equal(`arn:aws:budgets::${account}:budget/longhaul-dev-eu-central-1`);
  });
});
