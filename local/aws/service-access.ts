import { isObject } from "../../contract/json.ts";
import { evaluate } from "./iam.ts";
import type { AccessRequest } from "./iam.ts";
import { readStatements } from "./read-policy.ts";

/** A service of AWS that acts on its own. */
export type ActingService = "budgets" | "cloudwatch";

/**
 * Whether a policy that names principals (a topic's, or a role's trust policy)
 * lets a service of AWS do something.
 *
 * @param policy its JSON; anything else permits nothing
 */
export function serviceMay(policy: unknown, service: ActingService, request: AccessRequest): boolean {
  if (typeof policy !== "string") return false;
  const own = readStatements(policy).flatMap(({ Principal, ...statement }) =>
    // A trust policy is about its role, and names no resource.
    isObject(Principal) && Principal.Service === `${service}.amazonaws.com`
      ? [{ Resource: "*", ...statement }]
      : [],
  );
  return evaluate([{ Statement: own }], request) === "allowed";
}
