import * as z from "zod";
import { repositoryName, text } from "./text.ts";

export const wakeOnDemandSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        "Whether a webhook reports queued jobs, so that sleeping machines are started for them. The credentials at GitHub then need _Webhooks_ (read and write).",
      ),
    repositories: z
      .array(repositoryName)
      .min(1)
      .optional()
      .describe(
        "Organisations only: names of the repositories whose jobs wake machines, without the owner. Default: the runner group's repositories, else all of the organisation.",
      ),
    emptyLabels: text(/^[a-z][a-z0-9-]*$/, "the name of a fleet", "cloud")
      .optional()
      .describe(
        "The fleet that jobs without any label wake (`runs-on` with a runner group alone). Default: they wake none.",
      ),
    app: z
      .strictObject({
        id: z.int().min(1).describe("The App's id, as its settings show it."),
        installationId: z
          .int()
          .min(1)
          .describe("The id of its installation: the number at the end of the installation's address."),
      })
      .optional()
      .describe(
        "A GitHub App with _Actions_ (read) on these repositories, whose private key `longhaul app-key` has stored. With it the controller asks GitHub every five minutes for jobs that no webhook reported. Default: it does not ask.",
      ),
  })
  .describe("Starting machines when a job is queued.");
