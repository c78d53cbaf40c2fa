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
        `Seconds without a job before a machine leaves, at least ${limits.quietSeconds}: GitHub may be handing it another.`,
      ),
    spreadSeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(defaults.spreadSeconds)
      .describe("Seconds over which machines that one change puts to sleep spread their leaving."),
    staySeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(defaults.staySeconds)
      .describe(
        "Seconds that a machine stays on after its start whatever its desired state, so that what it was started for can begin. The budget does not wait.",
      ),
    diskPercent: z
      .int()
      .min(20)
      .max(95)
      .default(defaults.diskPercent)
      .describe(
        "Percent of the disk that may be in use after a job. Above it, Docker's images and build cache of jobs go, then the workspaces and caches that were unused for longest.",
      ),
  })
  .describe("The supervisor on each machine.");
