import { Failure } from "../../contract/failure.ts";
import type { PolicyDocument } from "./policy.ts";

/**
 * IAM's limits in characters. White space does not count, and these documents have none.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const sizes = {
  /** Of all inline policies of a role together. */
  inline: 10_240,
  managed: 6_144,
} as const;

/**
 * @param role the role's name
 * @param documents all of its inline policies
 * @throws Error where IAM would refuse them together, with the statement that takes most
 */
export function checkInlinePolicies(role: string, documents: readonly PolicyDocument[]): void {
  checkSize("inline", `The inline policies of the role ${role} have`, documents);
}

/** @throws as {@link checkInlinePolicies} does */
export function checkManagedPolicy(name: string, document: PolicyDocument): void {
  checkSize("managed", `The policy ${name} has`, [document]);
}

function checkSize(kind: keyof typeof sizes, subject: string, documents: readonly PolicyDocument[]): void {
  const size = documents.reduce((sum, document) => sum + JSON.stringify(document).length, 0);
  if (size <= sizes[kind]) return;
  const [longest] = documents
    .flatMap(({ Statement }) => Statement)
    .map(({ Sid, Resource, ...rest }) => ({
      Sid,
      count: Resource.length,
      length: JSON.stringify({ Sid, Resource, ...rest }).length,
    }))
    .sort((one, other) => other.length - one.length);
  throw new Failure(
    `${subject} ${size} characters, and IAM takes ${sizes[kind]}, so nothing was changed. ` +
      `The statement ${longest!.Sid} takes most of them: ${longest!.length} characters for ${longest!.count} resources. ` +
      "Split the environment in two, or have it name fewer of these resources.",
  );
}
