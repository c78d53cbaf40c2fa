import { expect } from "chai";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { evaluate } from "../../../local/aws/iam.ts";
import { graphOf, requestOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { budgetStack, evaluateOnce, evaluateStack, repositoryStack } from "./stack-program.ts";

const topic = "arn:aws:sns:r:1:longhaul-dev-alarms";

describe("the alarm on the budget", () => {
  let graph: Graph;
  before(async () => {
    graph = graphOf(await evaluateOnce(budgetStack));
  });
  const policyOf = (value: unknown) => JSON.parse(value as string) as PolicyDocument;

  it("does not exist without a budget", async () => {
    const without = graphOf(await evaluateOnce(repositoryStack));
    for (const type of ["BudgetAlarm", "Budget", "BudgetAction", "Policy"]) {
      expect(without.ofType(type), type).to.deep.equal([]);
    }
    expect(without.ofType("MetricAlarm").filter(({ name }) => name.includes("budget"))).to.deep.equal([]);
  });

  it("watches only the meter if no AWS budget is made, and no text mentions an AWS budget", async () => {
    const raw = { ...repositoryStack, budget: { monthlyUsd: 600, awsBudget: false } };
    const alone = graphOf(await evaluateStack(raw));
    expect(alone.ofType("BudgetAlarm")).to.have.lengthOf(1);
    expect(alone.ofType("MetricAlarm").map(({ name }) => name)).to.include("longhaul-dev-budget-100");
    for (const type of ["Budget", "BudgetAction", "Policy", "CostAllocationTag"]) {
      expect(alone.ofType(type), type).to.deep.equal([]);
    }
    const said = alone.all.filter(({ type }) => !type.endsWith(":Function")).map(({ inputs }) => inputs);
    const written = JSON.stringify(said);
    expect(written).to.not.match(/budgets[:.]|AWS's own budget/);
  });

  it("makes AWS count what has the environment's tag, against the same limit as the meter", () => {
    expect(graph.one("Budget", "longhaul-dev-eu-central-1").inputs).to.deep.include({
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: "600",
      limitUnit: "USD",
      costFilters: [{ name: "TagKeyValue", values: ["user:longhaul:environment$dev"] }],
    });
  });

  it("notifies the addresses and the topic at 50, 80 and 100 % of the actual and 100 % of the forecast cost", () => {
    const { notifications } = graph.one("Budget", "longhaul-dev-eu-central-1").inputs as {
      notifications: Record<string, unknown>[];
    };
    expect(
      notifications.map(({ notificationType, threshold }) => [notificationType, threshold]),
    ).to.deep.equal([
      ["ACTUAL", 50],
      ["ACTUAL", 80],
      ["ACTUAL", 100],
      ["FORECASTED", 100],
    ]);
    for (const notification of notifications) {
      expect(notification).to.deep.include({
        subscriberEmailAddresses: ["ops@example.com"],
        subscriberSnsTopicArns: [topic],
      });
    }
  });

  it("watches the meter for the month and for the day, and notifies the topic", () => {
    const alarms = graph
      .ofType("MetricAlarm")
      .filter(({ name }) => name.includes("-budget-") && !name.endsWith("-silent"))
      .map(({ inputs }) => inputs);
    expect(
      alarms.map(({ name, metricName, threshold }) => [name, metricName, threshold]),
    ).to.have.deep.members([
      ["longhaul-dev-budget-50", "BudgetUsedPercent", 50],
      ["longhaul-dev-budget-80", "BudgetUsedPercent", 80],
      ["longhaul-dev-budget-100", "BudgetUsedPercent", 100],
      ["longhaul-dev-budget-day", "SpentTodayUsd", 40],
    ]);
    for (const alarm of alarms) {
      expect(alarm, String(alarm.name)).to.deep.include({
        namespace: "Longhaul",
        dimensions: { Environment: "dev" },
        alarmActions: [topic],
        treatMissingData: "ignore",
      });
    }
  });

  it("watches no namespace to which a machine's role may publish, so that no job can forge the meter", () => {
    const machine = policyOf(graph.one("RolePolicy", /-machine$/).inputs.policy);
    const mayPut = (namespace: string) =>
      evaluate([machine], {
        action: "cloudwatch:PutMetricData",
        resource: "*",
        context: { "cloudwatch:namespace": namespace },
      });
    const watched = graph.ofType("MetricAlarm").map(({ inputs }) => inputs.namespace as string);
    expect(watched).to.have.lengthOf(6);
    for (const namespace of watched) expect(mayPut(namespace), namespace).to.equal("no allow");
    expect(mayPut("Longhaul/Machines")).to.equal("allowed");
  });

  it("uses the configured daily limit instead of the share of a month", async () => {
    const own = graphOf(
      await evaluateStack({ ...repositoryStack, budget: { monthlyUsd: 600, dailyUsd: 7 } }),
    );
    expect(own.one("MetricAlarm", /-day$/).inputs.threshold).to.equal(7);
  });

  it("lets only budgets of this account assume its role, as AWS's documentation requires", () => {
    const { assumeRolePolicy } = graph.one("Role", /^dev-budget-/).inputs;
    const { Statement } = policyOf(assumeRolePolicy);
    expect(Statement[0]!.Condition).to.deep.equal({
      StringEquals: { "aws:SourceAccount": "123456789012" },
      ArnLike: { "aws:SourceArn": "arn:aws:budgets::123456789012:budget/*" },
    });
  });

  it("denies the environment's roles and the named roles, at 100 %, to start or create this environment's machines", () => {
    const action = graph.one("BudgetAction", "longhaul-dev-eu-central-1").inputs;
    expect(action).to.deep.include({
      actionType: "APPLY_IAM_POLICY",
      approvalModel: "AUTOMATIC",
      notificationType: "ACTUAL",
      actionThreshold: { actionThresholdType: "PERCENTAGE", actionThresholdValue: 100 },
    });
    const controller = graph.one("Role", /^dev-controller-/).inputs;
    expect(action.definition).to.deep.equal({
      iamActionDefinition: {
        policyArn: "arn:aws:iam::1:policy/longhaul-dev-eu-central-1-denial",
        roles: [controller.name, graph.one("Role", /^longhaul-dev-cloud-/).inputs.name, "deploy"],
      },
    });
    const { Statement } = policyOf(graph.one("Policy", /./).inputs.policy);
    expect(Statement.map(({ Effect, Action }) => [Effect, ...Action])).to.deep.equal([
      ["Deny", "ec2:StartInstances"],
      ["Deny", "ec2:RunInstances"],
    ]);
    for (const { Condition } of Statement) expect(JSON.stringify(Condition)).to.include('"dev"');
  });

  it("may attach and detach that one policy, and nothing else", () => {
    const { Statement } = policyOf(graph.one("RolePolicy", /^dev-budget-/).inputs.policy);
    expect(Statement).to.have.lengthOf(1);
    expect(Statement[0]!.Action).to.deep.equal(["iam:AttachRolePolicy", "iam:DetachRolePolicy"]);
    expect(Statement[0]!.Condition).to.deep.equal({
      ArnEquals: {
        "iam:PolicyARN": "arn:aws:iam::123456789012:policy/longhaul/longhaul-dev-eu-central-1-denial",
      },
    });
    expect(Statement[0]!.Resource).to.deep.equal(["arn:aws:iam::123456789012:role/*"]);
  });

  it("is made after the roles, which can be deleted with the policy that it attaches", () => {
    const reached = graph.dependenciesOf(graph.one("BudgetAction", /./));
    for (const name of [/^dev-controller-/, /^longhaul-dev-cloud-/]) {
      const role = graph.one("Role", name);
      expect([...reached], role.name).to.include(role.urn);
      expect(role.inputs.forceDetachPolicies, role.name).to.equal(true);
    }
  });

  it("lifts its denial before it is deleted, because the denial of a role that stays would last for ever", () => {
    const lift = graph.one("Command", /-lift$/);
    expect(lift.inputs)
      .to.have.property("delete")
      .that.matches(/ lift$/);
    expect(lift.inputs).to.not.have.any.keys("create", "update");
    expect(requestOf(lift)).to.include({ budget: "longhaul-dev-eu-central-1" });
    const action = graph.one("BudgetAction", /./);
    expect([...graph.dependenciesOf(lift)]).to.include(action.urn);
  });

  it("notifies the topic if the meter goes silent, and is made after the meter's first value", () => {
    const silent = graph.one("MetricAlarm", /-silent$/);
    expect(silent.inputs).to.deep.include({
      metricName: "SpentTodayUsd",
      statistic: "SampleCount",
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      period: 900,
      treatMissingData: "breaching",
      alarmActions: [topic],
    });
    const wait = graph.one("Command", /-meter$/);
    expect(wait.inputs)
      .to.have.property("create")
      .that.matches(/ await-meter$/);
    expect(wait.inputs, "only once").to.not.have.any.keys("update", "delete", "triggers");
    expect(requestOf(wait)).to.have.nested.property("target.environment", "dev");
    expect([...graph.dependenciesOf(silent)]).to.include(wait.urn);
    expect([...graph.dependenciesOf(wait)]).to.include(graph.one("Schedule", /./).urn);
  });

  it("activates the cost allocation tag only if the configuration asks for it, because AWS knows the tag a day late", async () => {
    expect(graph.ofType("CostAllocationTag")).to.deep.equal([]);
    const later = graphOf(
      await evaluateStack({ ...repositoryStack, budget: { monthlyUsd: 600, costAllocationTag: true } }),
    );
    const tag = later.one("CostAllocationTag", /./);
    expect(tag.inputs).to.include({ tagKey: "longhaul:environment", status: "Active" });
    expect(tag.retainOnDelete, "other environments use it as well").to.equal(true);
  });
});
