import { explained } from "../../contract/failure.ts";
import { ServiceError } from "../clients/service-error.ts";

/** A commit that GitHub did not take. */
export interface RefusedCommit {
  change: "write" | "delete";
  /** Path of the file. */
  path: string;
  /** `owner/name` */
  repository: string;
  error: unknown;
}

/** What GitHub's words mean, most telling first. */
const obstacles: readonly [words: RegExp, meaning: (repository: string) => string][] = [
  [
    /verified signatures/i,
    (repository) =>
      `The default branch of ${repository} takes signed commits only: GitHub signs what an App writes, ` +
      "but neither what a person's token writes nor any deletion.",
  ],
  [
    /commit message|commit_message/i,
    (repository) => `The rules of ${repository} demand another commit message than Longhaul's.`,
  ],
  [
    /pull request|merge queue|required status check|approv(ing|ed) review|changes must be made through/i,
    (repository) => `The default branch of ${repository} takes changes through pull requests only.`,
  ],
  [
    // A classic protected branch words each of its rules in its own way, always behind "Could not … file:". GitHub's
    // answer to two commits at the same moment, which passes, is worded otherwise.
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
    `Delete the file ${path} by hand (as a pull request, where one is demanded), then run the same command again: ` +
    "it goes on where it stopped.",
};

/** The error of a commit that GitHub refused: its words, what they mean, and the way on. */
export function refusedCommit({ change, path, repository, error }: RefusedCommit): Error {
  const isPassing = error instanceof ServiceError && error.transient;
  return explained(error, (sentence) => {
    const words = sentence.replaceAll(/\s+/g, " ");
    const meaning = isPassing
      ? undefined
      : obstacles.find(([pattern]) => pattern.test(words))?.[1](repository);
    // No rule is known to be in the way: an outage, or somebody else's commit at the same moment.
    if (meaning === undefined) return `${words} Run the same command again.`;
    return `${words} ${meaning} ${waysOn[change](path)} See docs/troubleshooting.md#workflow-refused.`;
  });
}
