import { expect } from "chai";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { graphOf } from "./graph.ts";
import { valueOf } from "./harness.ts";
import { budgetStack, evaluateOnce, evaluateStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

const topic = "arn:aws:sns:r:1:longhaul-dev-alarms";
const alarms = { emails: ["ops@example.com", "night@example.com"] };

describe("the topic of all alarms", () => {
  it("exists without a budget too, and the stack's outputs name it", async () => {
    for (const raw of [repositoryStack, budgetStack]) {
      const { registrations, result } = await evaluateOnce(raw);
      expect(graphOf({ registrations }).one("Topic", /./).name).to.equal("longhaul-dev-alarms");
      expect(await valueOf(result.alarmTopic)).to.equal(topic);
    }
  });

  it("sends alarms to each address, but not the messages of AWS's budget, which AWS sends itself", async () => {
    const graph = graphOf(await evaluateStack({ ...repositoryStack, alarms }));
    const subscriptions = graph.ofType("TopicSubscription").map(({ inputs }) => inputs);
    expect(subscriptions.map(({ endpoint }) => endpoint)).to.have.members(alarms.emails);
    for (const subscription of subscriptions) {
      expect(subscription).to.deep.include({
        topic,
        protocol: "email",
        filterPolicyScope: "MessageBody",
        filterPolicy: '{"$or":[{"NewStateValue":["ALARM"]},{"OldStateValue":["ALARM"]}]}',
      });
    }
    expect(graphOf(await evaluateOnce(repositoryStack)).ofType("TopicSubscription")).to.deep.equal([]);
  });

  it("accepts messages only from this account's budgets and alarms", async () => {
    const statementsOf = async (raw: Raw) => {
      const { inputs } = graphOf(await evaluateOnce(raw)).one("TopicPolicy", /./);
      return (JSON.parse(inputs.policy as string) as PolicyDocument).Statement;
    };
    const Statement = await statementsOf(budgetStack);
    for (const { Condition, Resource } of Statement) {
      expect(Resource).to.equal(topic);
      expect(Condition!.StringEquals).to.deep.equal({ "aws:SourceAccount": "123456789012" });
    }
    expect(Statement.map(({ Condition }) => Condition!.ArnLike!["aws:SourceArn"])).to.deep.equal([
      "arn:aws:budgets::123456789012:*",
      "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*",
    ]);
    expect(await statementsOf(repositoryStack), "without an AWS budget").to.deep.equal(Statement.slice(1));
  });
});
