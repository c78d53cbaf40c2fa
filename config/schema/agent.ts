import * as z from "zod";
import { defaults } from "../defaults.ts";
import { limits } from "../limits.ts";

export const agentSchema = z
  .strictObject({
    pollSeconds: z
      .number()
      .min(0.1)
      .max(300)
      .default(defaults.pollSeconds)
      .describe("Seconds between two reads of a fleet's parameters by a machine."),
    quietSeconds: z
      .number()
      .min(0.1)
      .max(3600)
      .default(defaults.quietSeconds)
      .describe(
        `Seconds without a job before a machine leaves, at least ${limits.quietSeconds}: GitHub may be assigning it another one.`,
      ),
    spreadSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(defaults.spreadSeconds)
      .describe(
        "When one change puts several machines to sleep, they leave at random moments within these seconds.",
      ),
    staySeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(defaults.staySeconds)
      .describe(
        "Seconds for which a machine stays on after its start whatever its desired state, so that the job for which it was started can begin. The budget does not wait.",
      ),
    diskPercent: z
      .int()
      .min(20)
      .max(95)
      .default(defaults.diskPercent)
      .describe(
        "Percent of the disk that may be in use after a job. Above it, jobs' Docker images and the build cache are removed, then the workspaces and caches that were unused for the longest time.",
      ),
  })
  .describe("The agent, the supervisor on each machine.");
