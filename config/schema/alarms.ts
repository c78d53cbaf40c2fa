import * as z from "zod";

export const alarmsSchema = z
  .strictObject({
    // AWS Budgets takes ten for each notification.
    emails: z
      .array(z.email("must be an e-mail address, for example builds@example.com"))
      .max(10)
      .default([])
      .describe(
        "Who is told of alarms by e-mail; with a budget also of AWS's own figures and forecast. Each address is asked once to confirm. Chat and pagers subscribe to the topic, which the output `alarmTopic` names.",
      ),
  })
  .describe("Who is told when something is wrong.");
