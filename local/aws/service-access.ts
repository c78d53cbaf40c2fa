import { evaluate } from "./iam.ts";
import type { AccessRequest, Statement } from "./iam.ts";

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
  const { Statement: statements } = JSON.parse(policy) as { Statement: Addressed[] };
  const own = statements.flatMap(({ Principal, ...statement }) =>
    // A role's policy is about the role, and names no resource.
    Principal.Service === `${service}.amazonaws.com` ? [{ Resource: "*", ...statement }] : [],
  );
  return evaluate([{ Statement: own }], request) === "allowed";
}

type Addressed = Omit<Statement, "Resource"> & {
  Principal: { Service: string };
  Resource?: Statement["Resource"];
};
