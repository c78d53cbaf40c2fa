import * as z from "zod";
import { text } from "./text.ts";

const usd = z.number().min(0.01).max(10_000_000);

export const budgetSchema = z
  .strictObject({
    monthlyUsd: usd
      .optional()
      .describe(
        "US dollars for the machines of a month in UTC, by the controller's meter: when they are spent, power is off in every fleet until the month turns or this is raised. Running jobs end first. AWS's own budget has the same limit (see `awsBudget`). Default: nothing is turned off for money.",
      ),
    dailyUsd: usd
      .optional()
      .describe(
        "US dollars for a day in UTC, by the meter: when they are spent, an alarm tells, and nothing is turned off. Default: a fifteenth of the month's, twice an even share.",
      ),
    awsBudget: z
      .boolean()
      .default(true)
      .describe(
        "Whether AWS's own budget is made beside the meter, as a second line. It counts in US dollars only in AWS's usual partition: false in China, GovCloud and the European Sovereign Cloud, where the meter alone holds the limit.",
      ),
    costAllocationTag: z
      .boolean()
      .default(false)
      .describe(
        "Whether the tag `longhaul:environment` is activated for AWS's bills, without which AWS's budget sees nothing. AWS knows the tag a day after the first `up`, and refuses before; only the account that pays may do it.",
      ),
    deniedRoles: z
      .array(text(/^[\w+=,.@-]{1,64}$/, "the name of an IAM role", "deploy"))
      .max(99)
      .default([])
      .describe(
        "Names of roles of this account that may start no machines once AWS's own figures have reached the budget, beside the environment's own: those of people and pipelines.",
      ),
  })
  .describe("What the environment may cost.");
