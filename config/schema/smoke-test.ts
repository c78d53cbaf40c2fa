import * as z from "zod";
import { defaults } from "../defaults.ts";
import { repositoryName, text } from "./text.ts";

export const smokeTestSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether a new machine must run a workflow before it is in service."),
    minutes: z
      .int()
      .min(1)
      .default(defaults.smokeMinutes)
      .describe(
        "Minutes for which the test occupies the machine that is tested in full. A job may run for five days.",
      ),
    machines: z
      .enum(["first", "all"])
      .default("first")
      .describe("Which new machines of a fleet run the test in full; the others run a test of two minutes."),
    wait: z
      .enum(["start", "end"])
      .default("start")
      .describe("Whether `up` returns when the job is in progress, or waits until its end."),
    repository: repositoryName
      .optional()
      .describe("Organisations only: name of the repository that holds the workflow, without the owner."),
    workflow: text(/^[\w.-]+\.ya?ml$/, "a file name that ends in .yml", "longhaul-smoke-dev.yml")
      .optional()
      .describe(
        "File name of the workflow below .github/workflows. Default: `longhaul-smoke-<environment>.yml`. Each environment of a repository needs a name of its own.",
      ),
    manageWorkflow: z
      .boolean()
      .default(true)
      .describe(
        "Whether the stack commits that file, and deletes it at `destroy`. With false it uses the existing file and leaves it alone: for branches that only accept signed commits or pull requests.",
      ),
    onlineWithinMinutes: z
      .number()
      .min(0.1)
      .max(60)
      .default(defaults.onlineWithinMinutes)
      .describe("Minutes that a new machine may take until its test is in progress."),
  })
  .describe("The proof that a new machine works.");
