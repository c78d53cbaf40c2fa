import { explained } from "../../contract/failure.ts";
import { ServiceError } from "../clients/service-error.ts";

/** A commit that GitHub did not accept. */
export interface RefusedCommit {
  change: "write" | "delete";
  /** Path of the file. */
  path: string;
  /** `owner/name` */
  repository: string;
  error: unknown;
}

/** What GitHub's words mean. The most specific words are first. */
const obstacles: readonly [words: RegExp, meaning: (repository: string) => string][] = [
  [
    /verified signatures/i,
    (repository) =>
      `The default branch of ${repository} accepts signed commits only. GitHub signs what an App writes, ` +
      "but neither what a person's token writes nor any deletion.",
  ],
  [
    /commit message|commit_message/i,
    (repository) => `The rules of ${repository} do not allow Longhaul's commit message.`,
  ],
  [
    /pull request|merge queue|required status check|approv(ing|ed) review|changes must be made through/i,
    (repository) => `The default branch of ${repository} accepts changes through pull requests only.`,
  ],
  [
    // A classic protected branch has other words for each of its rules, always after "Could not … file:". GitHub's
    // answer to two commits at the same moment has different words, and is temporary.
    /rule violation|protected ref|ruleset|HTTP 409: Could not (create|update|delete) file:/i,
    (repository) => `A rule of ${repository} is in the way (Settings, Rules or Branches).`,
  ],
  [
    /HTTP (403|404)\b/,
    (repository) =>
      `The credentials may not change workflow files of ${repository}: they need the permissions contents and ` +
      "workflows (write) there, a classic token the scope workflow.",
  ],
];

const waysOn: Record<RefusedCommit["change"], (path: string) => string> = {
  write: (path) =>
    `Let the credentials bypass that rule; or commit ${path} by hand (its text is in Longhaul's folder ` +
    "validation/workflows) and set smokeTest.manageWorkflow to false, so that the stack leaves it alone.",
  delete: (path) =>
    `Delete the file ${path} by hand (with a pull request, if the rules demand one), then run the same command again: ` +
    "it continues where it stopped.",
};

/** The error of a commit that GitHub refused: GitHub's words, what they mean, and what to do. */
export function refusedCommit({ change, path, repository, error }: RefusedCommit): Error {
  const isPassing = error instanceof ServiceError && error.transient;
  return explained(error, (sentence) => {
    const words = sentence.replaceAll(/\s+/g, " ");
    const meaning = isPassing
      ? undefined
      : obstacles.find(([pattern]) => pattern.test(words))?.[1](repository);
    // No known rule is the cause. It may be an outage, or somebody else's commit at the same moment.
    if (meaning === undefined) return `${words} Run the same command again.`;
    return `${words} ${meaning} ${waysOn[change](path)} See docs/troubleshooting.md#workflow-refused.`;
  });
}
