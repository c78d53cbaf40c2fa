import { z } from "zod";
import { defaults } from "../defaults.ts";

export const agentSchema = z
  .strictObject({
    pollSeconds: z
      .number()
      .min(0.1)
      .max(300)
      .default(defaults.pollSeconds)
      .describe("Seconds between two reads of a fleet's parameters by a machine."),
  })
  .describe("The supervisor on each machine.");
