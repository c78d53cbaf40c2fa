import * as z from "zod";
import { defaults } from "../defaults.ts";
import { tlsUrl } from "../urls.ts";
import { repositoryName, text } from "./text.ts";

export const githubSchema = z
  .strictObject({
    organization: text(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, "the short name of an organisation", "acme")
      .optional()
      .describe("Runners for an organisation. Either this or `repository`."),
    repository: text(/^[A-Za-z0-9][\w-]*\/[\w.-]+$/, "owner/name", "acme/app")
      .optional()
      .describe("Runners for one repository, as owner/name."),
    runnerGroup: z
      .strictObject({
        name: z.string().min(1).max(128).describe("Name of the group that the stack makes."),
        visibility: z
          .enum(["all", "selected", "private"])
          .default("selected")
          .describe(
            "Which repositories may use the group: `all`, the `private` ones, or the `selected` ones below.",
          ),
        repositories: z
          .array(repositoryName)
          .default([])
          .describe("Names of the allowed repositories (without the owner), with visibility `selected`."),
      })
      .optional()
      .describe(
        "Runner group that the stack makes, for organisations only. Default: the organisation's default group.",
      ),
    url: tlsUrl
      .default(defaults.githubUrl)
      .describe(
        "Base URL of GitHub, or of your GitHub Enterprise Server, for example https://github.example.com.",
      ),
  })
  .describe("The GitHub side. Credentials come from the environment: GITHUB_TOKEN, or an App's variables.");
