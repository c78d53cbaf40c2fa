import { z } from "zod";
import { repositoryName, text } from "./text.ts";

export const wakeOnDemandSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        "Whether GitHub tells of queued jobs, so that sleeping machines are started for them. The credentials at GitHub then need _Webhooks_ (read and write).",
      ),
    repositories: z
      .array(repositoryName)
      .min(1)
      .optional()
      .describe(
        "Organisations only: names of the repositories whose jobs wake machines, without the owner. Default: those that the runner group is for, else all of the organisation.",
      ),
    emptyLabels: text(/^[a-z][a-z0-9-]*$/, "the name of a fleet", "cloud")
      .optional()
      .describe(
        "The fleet that jobs without any label wake (`runs-on` with a runner group alone). Default: they wake none.",
      ),
  })
  .describe("Starting machines when a job is queued.");
