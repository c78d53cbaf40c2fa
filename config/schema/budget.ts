import * as z from "zod";
import { text } from "./text.ts";

const usd = z.number().min(0.01).max(10_000_000);

export const budgetSchema = z
  .strictObject({
    monthlyUsd: usd
      .optional()
      .describe(
        "US dollars for the machines in a month in UTC, by the controller's meter. When they are spent, power is off in every fleet until the month turns or this limit is raised. Running jobs end first. AWS's own budget has the same limit (see `awsBudget`). Default: no limit.",
      ),
    dailyUsd: usd
      .optional()
      .describe(
        "US dollars for a day in UTC, by the meter. When they are spent, an alarm notifies people, and nothing is turned off. Default: a fifteenth of the month's limit, which is twice an even share.",
      ),
    awsBudget: z
      .boolean()
      .default(true)
      .describe(
        "Whether AWS's own budget is made as a second safeguard beside the meter. It counts in US dollars only in AWS's usual partition: set false in China, GovCloud and the European Sovereign Cloud, where only the meter enforces the limit.",
      ),
    costAllocationTag: z
      .boolean()
      .default(false)
      .describe(
        "Whether `up` activates the tag `longhaul:environment` for AWS's bills, without which AWS's budget sees no costs. AWS knows the tag a day after the first `up` and refuses before; only the account that pays may activate it.",
      ),
    deniedRoles: z
      .array(text(/^[\w+=,.@-]{1,64}$/, "the name of an IAM role", "deploy"))
      .max(99)
      .default([])
      .describe(
        "Names of further roles of this account, of people and pipelines, that may start no machines once AWS's own figures have reached the budget. The environment's own roles are always denied.",
      ),
  })
  .describe("What the environment may cost.");
