import { randomUUID } from "node:crypto";
import { Failure } from "../../contract/failure.ts";
import type { Properties } from "../provider.ts";
import { actionType, budgetType, checkAccess } from "./budgets.ts";
import { EmulatedAwsError } from "./errors.ts";
import { optionalText, records, text, texts } from "./input.ts";
import { checkDetached, managedPolicyType } from "./managed-policies.ts";
import { alarmType, putAlarm } from "./metrics.ts";
import { checkManagedPolicy } from "./policy-sizes.ts";
import type { Kind } from "./resources.ts";
import type { Cloud } from "./state.ts";
import { readFilter, subscriptionType, topicPolicyType, topicType } from "./topics.ts";

const dayMs = 24 * 60 * 60_000;

/**
 * The resources that watch over cost and notify people: topics, alarms, budgets
 * and the policies that budgets attach, by Pulumi token.
 */
export function moneyKinds(cloud: Cloud): Readonly<Record<string, Kind>> {
  const { region, account, data } = cloud;
  const named = (inputs: Properties) => text(inputs, "name");
  return {
    [topicType]: {
      id: (inputs) => `arn:aws:sns:${region}:${account}:${named(inputs)}`,
      outputs: (_inputs, arn) => ({ arn, owner: account }),
      replaceOn: ["name"],
    },
    [topicPolicyType]: { id: (inputs) => text(inputs, "arn"), replaceOn: ["arn"], untagged: true },
    [subscriptionType]: {
      id: (inputs) => `${text(inputs, "topic")}:${randomUUID()}`,
      applied: (inputs, arn) => {
        if (inputs.protocol !== "email") {
          throw new Failure(
            `The local cloud knows subscriptions by mail only, not ${text(inputs, "protocol")}: see local/README.md`,
          );
        }
        readFilter(inputs);
        return { arn, ownerId: account };
      },
      replaceOn: ["topic", "protocol", "endpoint"],
      untagged: true,
    },
    [alarmType]: {
      id: named,
      applied: (inputs, name) => {
        const arn = `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
        putAlarm(cloud, name, { ...inputs, arn });
        return { arn };
      },
      deleted: (name) => {
        data.alarms = Object.fromEntries(Object.entries(data.alarms).filter(([other]) => other !== name));
      },
      replaceOn: ["name"],
    },
    [managedPolicyType]: {
      id: (inputs) => `arn:aws:iam::${account}:policy${optionalText(inputs, "path") ?? "/"}${named(inputs)}`,
      outputs: (_inputs, arn) => ({ arn }),
      applied: ({ policy }) => {
        checkManagedPolicy(policy);
        return {};
      },
      replaceOn: ["name", "path"],
      deleted: (arn) => {
        checkDetached(cloud, arn);
      },
    },
    [budgetType]: {
      id: (inputs) => `${account}:${named(inputs)}`,
      applied: (inputs) => {
        const topics = records(inputs, "notifications").flatMap((one) =>
          texts(one, "subscriberSnsTopicArns"),
        );
        checkAccess(cloud, { topics });
        return {};
      },
      outputs: (inputs) => ({
        accountId: account,
        arn: `arn:aws:budgets::${account}:budget/${named(inputs)}`,
      }),
      replaceOn: ["name"],
    },
    [actionType]: {
      id: (inputs) => `${account}:${text(inputs, "budgetName")}`,
      applied: (inputs) => {
        const topics = records(inputs, "subscribers").filter((one) => one.subscriptionType === "SNS");
        const role = text(inputs, "executionRoleArn");
        checkAccess(cloud, { topics: topics.map((one) => text(one, "address")), role });
        return {};
      },
      outputs: (inputs) => {
        const actionId = randomUUID();
        const arn = `arn:aws:budgets::${account}:budget/${text(inputs, "budgetName")}/action/${actionId}`;
        return { accountId: account, actionId, arn, status: "STANDBY" };
      },
      replaceOn: ["budgetName"],
    },
    "aws:costexplorer/costAllocationTag:CostAllocationTag": {
      id: (inputs) => text(inputs, "tagKey"),
      applied: (inputs) => {
        checkKnownTag(cloud, text(inputs, "tagKey"));
        return { type: "UserDefined" };
      },
      replaceOn: ["tagKey"],
      untagged: true,
    },
  };
}

/** AWS knows a tag one day after a resource that costs money first had it. */
function checkKnownTag({ data, clock }: Cloud, key: string): void {
  const isKnown = Object.values(data.instances).some(
    ({ tags, createdAt }) => key in tags && createdAt < clock.now() - dayMs,
  );
  if (!isKnown)
    throw new EmulatedAwsError(
      "ValidationException",
      `Failed to update cost allocation tags: Tag keys not found: ${key}`,
    );
}
