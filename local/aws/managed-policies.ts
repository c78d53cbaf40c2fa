import { EmulatedAwsError } from "./errors.ts";
import type { Cloud } from "./state.ts";

export const roleType = "aws:iam/role:Role";
export const managedPolicyType = "aws:iam/policy:Policy";

/** Takes off what is attached to a role that goes; AWS refuses to delete it otherwise, and so the provider must be told to. */
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

/** @throws AwsError while a role has it */
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
