import { EmulatedAwsError } from "./errors.ts";
import type { Cloud } from "./state.ts";

export const roleType = "aws:iam/role:Role";
export const managedPolicyType = "aws:iam/policy:Policy";

/**
 * Detaches the policies of a role that is to be deleted. AWS refuses to delete
 * the role otherwise, so the provider must be asked to detach them
 * (`forceDetachPolicies`).
 */
export function detachAll({ data }: Cloud, role: string): void {
  const attached = data.attachedPolicies[role] ?? [];
  if (attached.length > 0 && data.resources[roleType]?.[role]?.forceDetachPolicies !== true) {
    throw new EmulatedAwsError(
      "DeleteConflict",
      "Cannot delete entity, must detach all policies first.",
      409,
    );
  }
  data.attachedPolicies[role] = [];
}

/** @throws AwsError while a role has the policy attached */
export function checkDetached({ data }: Cloud, policyArn: string): void {
  const holders = Object.entries(data.attachedPolicies).filter(([, attached]) =>
    attached.includes(policyArn),
  );
  if (holders.length === 0) return;
  throw new EmulatedAwsError(
    "DeleteConflict",
    `Cannot delete a policy attached to entities: ${holders.map(([role]) => role).join(", ")}.`,
    409,
  );
}
