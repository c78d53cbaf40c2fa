import * as z from "zod";

export const alarmsSchema = z
  .strictObject({
    // AWS Budgets takes ten for each notification.
    emails: z
      .array(z.email("must be an e-mail address, for example builds@example.com"))
      .max(10)
      .default([])
      .describe(
        "E-mail addresses that get the alarms; with a budget also notices of AWS's own figures and forecast. Each address must confirm once. Subscribe chat and pagers to the topic, which the output `alarmTopic` names.",
      ),
  })
  .describe("Who is notified when something is wrong.");
