import { EmulatedAwsError } from "./errors.ts";
import { evaluate } from "./iam.ts";
import { number, record, records, text, texts } from "./input.ts";
import type { Input } from "./input.ts";
import { roleType } from "./managed-policies.ts";
import { policiesOf } from "./principals.ts";
import type { Service } from "./server.ts";
import { serviceMay } from "./service-access.ts";
import type { Cloud } from "./state.ts";
import { mayPublish, publish, sendMail } from "./topics.ts";

/*
 * AWS Budgets. AWS derives the month's figures from bills, which do not exist
 * here, so they are set by `bill`. Their consequences happen: mail, messages to
 * topics, and the actions.
 */

export const budgetType = "aws:budgets/budget:Budget";
export const actionType = "aws:budgets/budgetAction:BudgetAction";

/**
 * The `aws:SourceArn` of AWS Budgets. AWS does not document its exact value,
 * but does document what a role's and a topic's policy must match. So here it
 * has a value that no narrower pattern matches.
 */
const sourceArns = {
  role: (account: string) => `arn:aws:budgets::${account}:budget/undocumented`,
  topic: (account: string) => `arn:aws:budgets::${account}:undocumented`,
};

/**
 * What AWS checks when a budget or an action is made.
 *
 * @throws AwsError if Budgets may not publish to the topic or assume the role
 */
export function checkAccess(
  cloud: Cloud,
  { topics, role }: { topics: readonly string[]; role?: string },
): void {
  const source = sourceArns.topic(cloud.account);
  const closed = topics.find((topic) => !mayPublish(cloud, topic, { service: "budgets", source }));
  if (closed !== undefined) {
    throw new EmulatedAwsError("InvalidParameterException", `AWS Budgets may not publish to ${closed}.`);
  }
  if (role !== undefined && !mayTake(cloud, role)) {
    throw new EmulatedAwsError("InvalidParameterException", `AWS Budgets may not take the role ${role}.`);
  }
}

function mayTake({ account, data }: Cloud, role: string): boolean {
  const context = { "aws:SourceAccount": account, "aws:SourceArn": sourceArns.role(account) };
  const request = { action: "sts:AssumeRole", resource: role, context };
  const name = role.split("/").at(-1)!;
  return serviceMay(data.resources[roleType]?.[name]?.assumeRolePolicy, "budgets", request);
}

/** US dollars of a month, as AWS knows them so far. */
export interface Bill {
  actual: number;
  /** What AWS forecasts for the whole month. Default: the actual cost. */
  forecast?: number;
}

/** Gives a budget AWS's figures of the month. */
export function takeBill(cloud: Cloud, budgetName: string, { actual, forecast = actual }: Bill): void {
  const budget = budgetOf(cloud, budgetName);
  cloud.data.bills[budgetName] = { actual, forecast };
  const used = (type: unknown) => (100 * (type === "FORECASTED" ? forecast : actual)) / limitOf(budget);
  const exceeded = records(budget, "notifications").filter(
    (each) => used(each.notificationType) > number(each, "threshold")!,
  );
  const keyOf = (each: Input) => `${String(each.notificationType)} ${text(each, "threshold")}`;
  const told = cloud.data.budgetMails[budgetName] ?? [];
  for (const each of exceeded.filter((one) => !told.includes(keyOf(one)))) notify(cloud, budget, each);
  cloud.data.budgetMails[budgetName] = exceeded.map(keyOf);
  for (const [id, action] of actionsOf(cloud, budgetName)) {
    const threshold = number(record(action, "actionThreshold")!, "actionThresholdValue")!;
    if (used(action.notificationType) > threshold && statusOf(cloud, id) === "STANDBY") {
      execute(cloud, id, action);
    }
  }
}

function notify(cloud: Cloud, budget: Input, notification: Input): void {
  const subject = `AWS Budgets: ${text(budget, "name")} has exceeded your alert threshold`;
  const kind = text(notification, "notificationType");
  const message = `${kind} cost of ${text(budget, "name")} is above ${text(notification, "threshold")} % of ${text(budget, "limitAmount")} USD.`;
  for (const to of texts(notification, "subscriberEmailAddresses")) {
    sendMail(cloud, { to, subject, text: message });
  }
  for (const topic of texts(notification, "subscriberSnsTopicArns")) {
    publish(cloud, topic, { service: "budgets", source: sourceArns.topic(cloud.account), subject, message });
  }
}

/** Attaches the policy with the action's role, if that role's permissions allow it. */
function execute(cloud: Cloud, id: string, action: Input): void {
  const isDone = change(cloud, action, "iam:AttachRolePolicy", (attached, policyArn) =>
    attached.includes(policyArn) ? attached : [...attached, policyArn],
  );
  cloud.data.budgetActions[id] = isDone ? "EXECUTION_SUCCESS" : "EXECUTION_FAILURE";
  for (const { address } of records(action, "subscribers")) {
    publish(cloud, String(address), {
      service: "budgets",
      source: sourceArns.topic(cloud.account),
      subject: `AWS Budgets: action of ${text(action, "budgetName")}`,
      message: `The action of ${text(action, "budgetName")} is ${cloud.data.budgetActions[id]}.`,
    });
  }
}

function change(
  cloud: Cloud,
  action: Input,
  permission: "iam:AttachRolePolicy" | "iam:DetachRolePolicy",
  next: (attached: string[], policyArn: string) => string[],
): boolean {
  const definition = record(record(action, "definition")!, "iamActionDefinition")!;
  const policyArn = text(definition, "policyArn");
  const executor = text(action, "executionRoleArn");
  const own = mayTake(cloud, executor) ? policiesOf(cloud, executor.split("/").at(-1)!) : [];
  const roles = texts(definition, "roles");
  const isAllowed = roles.every((role) => {
    const resource = cloud.data.resources[roleType]?.[role]?.arn;
    const context = { "iam:PolicyARN": policyArn };
    return (
      typeof resource === "string" && evaluate(own, { action: permission, resource, context }) === "allowed"
    );
  });
  if (!isAllowed) return false;
  for (const role of roles) {
    cloud.data.attachedPolicies[role] = next(cloud.data.attachedPolicies[role] ?? [], policyArn);
  }
  return true;
}

/** The calls by which a denial is read and reversed. */
export function budgetsService(cloud: Cloud): Service {
  const budgetArn = (input: Input) => `arn:aws:budgets::${cloud.account}:budget/${text(input, "BudgetName")}`;
  return {
    signingName: "budgets",
    signingRegion: "us-east-1",
    prefix: "budgets",
    actions: {
      DescribeBudget: {
        needs: (input) => [{ resource: budgetArn(input), action: "budgets:ViewBudget" }],
        run: (input) => {
          const name = text(input, "BudgetName");
          const budget = budgetOf(cloud, name);
          const { actual, forecast } = cloud.data.bills[name] ?? { actual: 0, forecast: 0 };
          const usd = (amount: number) => ({ Amount: String(amount), Unit: "USD" });
          return {
            Budget: {
              BudgetName: name,
              BudgetLimit: usd(limitOf(budget)),
              CalculatedSpend: { ActualSpend: usd(actual), ForecastedSpend: usd(forecast) },
            },
          };
        },
      },
      DescribeBudgetActionsForBudget: {
        needs: (input) => [{ resource: budgetArn(input) }],
        run: (input) => ({
          Actions: actionsOf(cloud, text(input, "BudgetName")).map(([id, action]) => ({
            ActionId: text(action, "actionId"),
            BudgetName: text(input, "BudgetName"),
            Status: statusOf(cloud, id),
          })),
        }),
      },
      ExecuteBudgetAction: {
        needs: (input) => [{ resource: `${budgetArn(input)}/action/${text(input, "ActionId")}` }],
        run: (input) => {
          const step = text(input, "ExecutionType");
          const [id, action] =
            actionsOf(cloud, text(input, "BudgetName")).find(
              ([, { actionId }]) => actionId === input.ActionId,
            ) ?? notFound("action", text(input, "ActionId"));
          take(cloud, id, action, step);
          return { AccountId: cloud.account, ActionId: text(input, "ActionId"), ExecutionType: step };
        },
      },
    },
  };
}

function take(cloud: Cloud, id: string, action: Input, step: string): void {
  const from = statusOf(cloud, id);
  if (step === "REVERSE_BUDGET_ACTION" && from === "EXECUTION_SUCCESS") {
    const isDone = change(cloud, action, "iam:DetachRolePolicy", (attached, policyArn) =>
      attached.filter((other) => other !== policyArn),
    );
    cloud.data.budgetActions[id] = isDone ? "REVERSE_SUCCESS" : "REVERSE_FAILURE";
  } else if (step === "RESET_BUDGET_ACTION" && from === "REVERSE_SUCCESS") {
    cloud.data.budgetActions[id] = "STANDBY";
  } else {
    throw new EmulatedAwsError(
      "InvalidParameterException",
      `${step} is not possible while the action is ${from}.`,
    );
  }
}

function actionsOf(cloud: Cloud, budgetName: string): [id: string, action: Input][] {
  return Object.entries(cloud.data.resources[actionType] ?? {}).filter(
    ([, action]) => action.budgetName === budgetName,
  );
}

function statusOf(cloud: Cloud, id: string): string {
  return cloud.data.budgetActions[id] ?? "STANDBY";
}

function budgetOf(cloud: Cloud, name: string): Input {
  return cloud.data.resources[budgetType]?.[`${cloud.account}:${name}`] ?? notFound("budget", name);
}

function limitOf(budget: Input): number {
  return number(budget, "limitAmount")!;
}

function notFound(what: string, name: string): never {
  throw new EmulatedAwsError("NotFoundException", `There is no ${what} ${name}.`);
}
