import { isObject } from "../../contract/json.ts";
import { evaluate } from "./iam.ts";
import type { AccessRequest } from "./iam.ts";
import { readStatements } from "./read-policy.ts";

/** A service of AWS that acts by itself. */
export type ActingService = "budgets" | "cloudwatch";

/**
 * Whether a policy that names principals, of a topic or of who may take a role,
 * lets a service of AWS do something.
 *
 * @param policy its JSON; anything else permits nothing
 */
export function serviceMay(policy: unknown, service: ActingService, request: AccessRequest): boolean {
  if (typeof policy !== "string") return false;
  const own = readStatements(policy).flatMap(({ Principal, ...statement }) =>
    // A role's policy is about the role, and names no resource.
    isObject(Principal) && Principal.Service === `${service}.amazonaws.com`
      ? [{ Resource: "*", ...statement }]
      : [],
  );
  return evaluate([{ Statement: own }], request) === "allowed";
}
