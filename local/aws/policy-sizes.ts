import { EmulatedAwsError } from "./errors.ts";
import { text } from "./input.ts";
import type { Input } from "./input.ts";
import type { Cloud } from "./state.ts";

/*
 * IAM's limits for the sizes of policies, in characters without white space:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */

export const rolePolicyType = "aws:iam/rolePolicy:RolePolicy";

const maxInline = 10_240;
const maxManaged = 6_144;
/** The default quota; an account can ask for more. */
const maxTrust = 2_048;

/**
 * A role's inline policies count together.
 *
 * @param id of the policy that is written; its previous text does not count
 * @throws AwsError LimitExceeded
 */
export function checkInlinePolicy({ data }: Cloud, id: string, inputs: Input): void {
  const role = text(inputs, "role");
  const others = Object.entries(data.resources[rolePolicyType] ?? {})
    .filter(([other, policy]) => other !== id && policy.role === role)
    .map(([, { policy }]) => policy);
  const size = [...others, inputs.policy].reduce<number>((sum, policy) => sum + sizeOf(policy), 0);
  if (size > maxInline) {
    throw new EmulatedAwsError(
      "LimitExceeded",
      `Maximum policy size of ${maxInline} bytes exceeded for role ${role}`,
      409,
    );
  }
}

/** @throws AwsError LimitExceeded */
export function checkManagedPolicy(policy: unknown): void {
  if (sizeOf(policy) > maxManaged)
    throw new EmulatedAwsError("LimitExceeded", `Cannot exceed quota for PolicySize: ${maxManaged}`, 409);
}

/** @throws AwsError LimitExceeded */
export function checkTrustPolicy(policy: unknown): void {
  if (sizeOf(policy) > maxTrust) {
    const problem = `Cannot exceed quota for ACLSizePerRole: ${maxTrust}`;
    throw new EmulatedAwsError("LimitExceeded", problem, 409);
  }
}

function sizeOf(policy: unknown): number {
  const written = typeof policy === "string" ? policy : JSON.stringify(policy ?? "");
  return written.replace(/\s/g, "").length;
}
