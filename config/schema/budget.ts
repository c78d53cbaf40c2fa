import { z } from "zod";

export const budgetSchema = z
  .strictObject({
    monthlyUsd: z
      .number()
      .min(0.01)
      .max(10_000_000)
      .optional()
      .describe(
        "US dollars for the machines of a month in UTC, by the controller's meter: when they are spent, power is off in every fleet until the month turns or this is raised. Running jobs end first. Default: nothing is turned off for money.",
      ),
  })
  .describe("What the environment may cost.");
