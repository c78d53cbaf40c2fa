import type { PolicyDocument } from "./policy.ts";

/**
 * Characters that IAM takes. White space does not count, and our documents have none.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const sizes = {
  /** Of all inline policies of a role together. */
  inline: 10_240,
  managed: 6_144,
} as const;

/**
 * The texts of all inline policies of a role, in the order of the documents.
 *
 * @param role what the message calls the role, for example `the controller`
 * @throws Error where IAM would refuse them: before anything is made, and with the statement that takes most
 */
export function inlinePolicies(role: string, documents: readonly PolicyDocument[]): string[] {
  return fitting("inline", `The policies of ${role} have`, documents);
}

/** The text of a managed policy. @throws as {@link inlinePolicies} does */
export function managedPolicy(name: string, document: PolicyDocument): string {
  return fitting("managed", `The policy ${name} has`, [document])[0]!;
}

function fitting(kind: keyof typeof sizes, subject: string, documents: readonly PolicyDocument[]): string[] {
  const texts = documents.map((document) => JSON.stringify(document));
  const size = texts.reduce((sum, text) => sum + text.length, 0);
  if (size <= sizes[kind]) return texts;
  const [longest] = documents
    .flatMap(({ Statement }) => Statement)
    .map(({ Sid, Resource, ...rest }) => ({
      Sid,
      count: Resource.length,
      length: JSON.stringify({ Sid, Resource, ...rest }).length,
    }))
    .sort((one, other) => other.length - one.length);
  throw new Error(
    `${subject} ${size} characters, and IAM takes ${sizes[kind]}, so nothing was changed. ` +
      `The statement ${longest!.Sid} takes most of them: ${longest!.length} characters for ${longest!.count} resources. ` +
      "Split the environment in two, or have it name fewer of these resources.",
  );
}
