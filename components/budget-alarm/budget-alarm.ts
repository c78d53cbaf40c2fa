import { Budget } from "@pulumi/aws/budgets/budget.js";
import { BudgetAction } from "@pulumi/aws/budgets/budgetAction.js";
import type { MetricAlarmArgs } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import { Command } from "@pulumi/command/local/command.js";
import { CostAllocationTag } from "@pulumi/aws/costexplorer/costAllocationTag.js";
import { Policy } from "@pulumi/aws/iam/policy.js";
import * as pulumi from "@pulumi/pulumi";
import { Failure } from "../../contract/failure.ts";
import { dailyLimit } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { controllerMetrics, metricNamespace } from "../../contract/metrics.ts";
import { budgetName } from "../../contract/names.ts";
import type { AwaitMeterRequest, LiftRequest } from "../../contract/requests.ts";
import { written } from "../../contract/written.ts";
import { tags } from "../../contract/tags.ts";
import type { AlarmTopic } from "../alarm-topic/alarm-topic.ts";
import { createAlarm } from "../alarm-topic/create-alarm.ts";
import { budgetTrust, denial, denialArn, denialName, executionStatements } from "../iam/budget-policy.ts";
import { commandLine, requestEnvironment } from "../commands/commands.ts";
import { createServiceRole, serviceRoleName } from "../lambda/cloud-function.ts";
import type { FleetController } from "../fleet-controller/fleet-controller.ts";
import { roleName } from "../runner-fleet/machine-role.ts";
import { environmentTags } from "../../contract/resource-tags.ts";
import { targetOf } from "../../config/target.ts";

/** Percent of the month's limit at which people are notified. */
const thresholds = [50, 80, 100] as const;

/** Seconds after which a meter that publishes nothing has failed. */
const silencePeriod = 900;

export interface BudgetAlarmArgs {
  environment: string;
  /** With `budget.monthlyUsd`. */
  configuration: Configuration;
  /** Carries the notifications. */
  topic: AlarmTopic;
  /** The alarms watch its meter, and its role is the first that is denied. */
  controller: FleetController;
}

/**
 * Notifies people of the environment's costs, and is the safeguard behind the
 * controller, which turns power off when its meter reaches the limit. AWS's own
 * budget knows what AWS will charge, 8 to 12 hours late. It notifies the same
 * people, and at 100 % denies the environment's roles to start machines. None of
 * this touches running machines. Outside of AWS's usual partition there is no
 * such budget, and only the alarms on the meter remain.
 */
export class BudgetAlarm extends pulumi.ComponentResource {
  /** @throws when the configuration has no budget: there is no limit to alarm at */
  constructor(name: string, args: BudgetAlarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:BudgetAlarm", name, {}, opts);
    const { environment, configuration, topic, controller } = args;
    const { aws, alarms, budget } = configuration;
    const { monthlyUsd } = budget;
    if (monthlyUsd === undefined) {
      throw new Failure(
        `The environment ${environment} has no budget to alarm at: set budget.monthlyUsd, or make no BudgetAlarm.`,
      );
    }
    const own = budgetName(environment, aws.region);
    const child = { parent: this };
    const tagged = environmentTags(environment, own, configuration.tags);

    if (budget.awsBudget) createDenial(createBudget(), this);
    createMeterAlarms();
    if (budget.costAllocationTag) {
      // Other environments of the account are distinguished by the same tag.
      new CostAllocationTag(
        own,
        { tagKey: tags.environment, status: "Active" },
        { ...child, retainOnDelete: true },
      );
    }

    this.registerOutputs({});

    function createBudget(): Budget {
      const notification = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
        notificationType,
        comparisonOperator: "GREATER_THAN",
        threshold,
        thresholdType: "PERCENTAGE",
        subscriberEmailAddresses: alarms.emails,
        subscriberSnsTopicArns: [topic.arn],
      });
      return new Budget(
        own,
        {
          name: own,
          budgetType: "COST",
          timeUnit: "MONTHLY",
          limitAmount: String(monthlyUsd),
          limitUnit: "USD",
          costFilters: [{ name: "TagKeyValue", values: [`user:${tags.environment}$${environment}`] }],
          notifications: [
            ...thresholds.map((threshold) => notification("ACTUAL", threshold)),
            notification("FORECASTED", 100),
          ],
          tags: tagged,
        },
        // AWS tries whether it may publish.
        { ...child, dependsOn: [topic.mayPublish] },
      );
    }

    function createDenial(awsBudget: Budget, parent: pulumi.Resource): void {
      const roles = [
        serviceRoleName({ environment, configuration, name: "controller" }),
        ...Object.keys(configuration.fleets).map((fleet) => roleName(environment, fleet, aws)),
        ...budget.deniedRoles,
      ];
      const policy = new Policy(
        denialName(environment, aws),
        {
          name: denialName(environment, aws),
          path: aws.rolePath,
          description: `Attached by AWS's budget ${own} when it is spent: no machine may be started`,
          policy: JSON.stringify(denial(environment, aws)),
          tags: environmentTags(environment, denialName(environment, aws), configuration.tags),
        },
        { parent },
      );
      const executor = createServiceRole(
        {
          name: "budget",
          environment,
          configuration,
          service: "budgets",
          trust: budgetTrust(aws),
          statements: executionStatements(denialArn(environment, aws), aws),
        },
        parent,
      );
      const action = new BudgetAction(
        own,
        {
          budgetName: awsBudget.name,
          actionType: "APPLY_IAM_POLICY",
          approvalModel: "AUTOMATIC",
          notificationType: "ACTUAL",
          actionThreshold: { actionThresholdType: "PERCENTAGE", actionThresholdValue: 100 },
          definition: { iamActionDefinition: { policyArn: policy.arn, roles } },
          executionRoleArn: executor.arn,
          subscribers: [
            { subscriptionType: "SNS", address: topic.arn },
            ...alarms.emails.map((address) => ({ subscriptionType: "EMAIL", address })),
          ],
          tags: tagged,
        },
        // A role must exist before it can be denied, and the controller has waited for those of the fleets.
        { parent, dependsOn: [executor.policy, controller, topic.mayPublish] },
      );
      // Deleted first, while the action can still be changed. Roles that outlive it would stay denied.
      new Command(
        `${own}-lift`,
        {
          delete: commandLine("lift"),
          environment: requestEnvironment(
            written<LiftRequest>({ target: targetOf(environment, configuration), budget: own }),
          ),
        },
        { parent, dependsOn: [action], ignoreChanges: ["*"] },
      );
    }

    /** A meter that begins with the environment is silent for some minutes, which must not raise the alarm. */
    function awaitMeter(): Command {
      return new Command(
        `${own}-meter`,
        {
          create: commandLine("await-meter"),
          environment: requestEnvironment(
            written<AwaitMeterRequest>({ target: targetOf(environment, configuration) }),
          ),
        },
        { ...child, dependsOn: [controller], ignoreChanges: ["*"] },
      );
    }

    function createMeterAlarms(): void {
      for (const threshold of thresholds) {
        alarmAt(`budget-${threshold}`, {
          metricName: controllerMetrics.budgetUsed,
          threshold,
          ...(threshold < 100
            ? { alarmDescription: `${threshold} % of the ${monthlyUsd} USD of this month are spent.` }
            : {
                alarmDescription: `In ALARM: the ${monthlyUsd} USD of this month are spent, machines sleep when their jobs have ended, and none is started (docs/runbooks/budget-breached.md). OK: there is money, and machines are started.`,
                okActions: [topic.arn],
              }),
        });
      }
      alarmAt("budget-day", {
        metricName: controllerMetrics.spentToday,
        threshold: dailyLimit(budget)!,
        alarmDescription: `Today costs more than the ${dailyLimit(budget)!} USD of budget.dailyUsd. Nothing was turned off.`,
      });
      alarmAt(
        "budget-silent",
        {
          // Published without a budget too, so that the meter is not silent in an environment that gets one later.
          metricName: controllerMetrics.spentToday,
          statistic: "SampleCount",
          comparisonOperator: "LessThanThreshold",
          threshold: 1,
          period: silencePeriod,
          treatMissingData: "breaching",
          alarmDescription: `In ALARM: the meter was not written for a quarter of an hour, so nothing watches over the month's costs${budget.awsBudget ? " but AWS's own budget" : ""}. See docs/troubleshooting.md#meter-silent. OK: it counts.`,
          okActions: [topic.arn],
        },
        [awaitMeter()],
      );
    }

    /** An alarm on the meter. @param kind the rest of its name */
    function alarmAt(
      kind: string,
      settings: Partial<MetricAlarmArgs>,
      dependsOn: pulumi.Resource[] = [],
    ): void {
      createAlarm(
        {
          environment,
          configuration,
          topic,
          kind,
          namespace: metricNamespace,
          dimensions: { Environment: environment },
          statistic: "Maximum",
          // A silent meter does not mean that less was spent; another alarm reports that it is silent.
          treatMissingData: "ignore",
          ...settings,
        },
        { ...child, dependsOn },
      );
    }
  }
}
