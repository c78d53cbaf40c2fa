import { ApiError } from "./answers.ts";

/*
 * What a default branch requires of each commit. The sentences are GitHub's own
 * as far as they are on record: 409, with the words of a ruleset ("Repository
 * rule violations found", an empty line, one rule a paragraph) or of a classic
 * protected branch ("Could not update file: …", all in a line). For a protected
 * branch that requires a review, or names who may push to it, the words of a
 * refused `git push` are on record, and are assumed to be this API's too. The
 * words for a message that does not match, and those for a protected branch's
 * deletion, were not found and follow the others.
 */

/** What the branch requires. A push is always accepted here: it stands for a merged pull request. */
export interface BranchRules {
  /** A ruleset, or a classic protected branch. Their refusals have different words. */
  by: "ruleset" | "protection";
  pullRequest?: boolean;
  /** Number of reviews that a change needs, in the words of a protected branch. */
  approvals?: number;
  signatures?: boolean;
  /** Only those who may bypass this rule, or whom the protection names, can change the branch. */
  restricted?: boolean;
  /** No one can change the branch. Only a protected branch can be locked. */
  locked?: boolean;
  /** GitHub's sentence for a rule that is not among these. */
  other?: string;
  /** A pattern that every commit's message must match. Only rulesets have such a rule. */
  message?: RegExp;
}

/** A commit that a request to the API would make. */
export interface RequestedCommit {
  change: "create" | "update" | "delete";
  message: string;
  /**
   * GitHub signs what an App writes in its own name. It signs neither what a
   * person's token writes nor any deletion.
   */
  signed: boolean;
}

const restriction: Record<BranchRules["by"], string> = {
  ruleset: "Cannot update this protected ref.",
  protection:
    "You're not authorized to push to this branch. Visit " +
    "https://docs.github.com/articles/about-protected-branches/ for more information.",
};

/** @throws ApiError 409 with every rule that the commit breaks */
export function checkCommit(
  { defaultBranch, rules }: { defaultBranch: string; rules?: BranchRules | undefined },
  branch: string,
  commit: RequestedCommit,
): void {
  if (!rules || branch !== defaultBranch) return;
  const broken = [
    ...(rules.signatures && !commit.signed ? ["Commits must have verified signatures."] : []),
    ...(rules.message && !rules.message.test(commit.message)
      ? [`Commit message must match a given regex pattern: ${rules.message.source}`]
      : []),
    ...(rules.restricted ? [restriction[rules.by]] : []),
    ...(rules.locked ? ["Cannot change this locked branch"] : []),
    ...(rules.pullRequest ? ["Changes must be made through a pull request."] : []),
    ...(rules.approvals === undefined
      ? []
      : [`At least ${rules.approvals} approving review is required by reviewers with write access.`]),
    ...(rules.other === undefined ? [] : [rules.other]),
  ];
  if (broken.length === 0) return;
  throw new ApiError(
    409,
    rules.by === "ruleset"
      ? `Repository rule violations found\n\n${broken.join("\n\n")}\n\n`
      : `Could not ${commit.change} file: ${broken.join(" ")}`,
  );
}
