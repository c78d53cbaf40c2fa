import { isObject, parseObject } from "../../contract/json.ts";
import { EmulatedAwsError } from "./errors.ts";
import type { Statement } from "./iam.ts";

/**
 * A statement of any policy. A topic's policy or a role's trust policy has
 * principals, and perhaps no resource.
 */
export interface AnyStatement extends Pick<Statement, "Effect" | "Action" | "Condition"> {
  Resource?: Statement["Resource"];
  Principal?: unknown;
}

/**
 * Reads the statements of a policy.
 *
 * @param policy its JSON, or the same as a value
 * @throws EmulatedAwsError MalformedPolicyDocument, IAM's code for a policy
 * that it does not accept
 */
export function readStatements(policy: unknown): AnyStatement[] {
  const document = typeof policy === "string" ? parseObject(policy) : policy;
  if (!isObject(document)) malformed("The policy is not a JSON object");
  const { Statement: written } = document;
  const statements: unknown[] = Array.isArray(written) ? written : [written];
  return statements.map((statement, index): AnyStatement => {
    const name = `Statement ${index + 1}`;
    if (!isObject(statement)) malformed(`${name} is not an object`);
    const { Effect, Action, Resource, Condition } = statement;
    if (Effect !== "Allow" && Effect !== "Deny") malformed(`${name} has no Effect of Allow or Deny`);
    if (!isOneOrMany(Action)) malformed(`${name} has no Action`);
    if (Resource !== undefined && !isOneOrMany(Resource))
      malformed(`${name} has a Resource that is not text`);
    if (Condition !== undefined && !isCondition(Condition))
      malformed(`${name} has a Condition of another form`);
    return {
      ...statement,
      Effect,
      Action,
      ...(Resource !== undefined && { Resource }),
      ...(Condition !== undefined && { Condition }),
    };
  });
}

/** Reads a role's own policy, in which every statement names its resources. */
export function readIdentityPolicy(policy: unknown): { Statement: Statement[] } {
  const statements = readStatements(policy).map(({ Resource, ...statement }, index): Statement => {
    if (Resource === undefined) malformed(`Statement ${index + 1} has no Resource`);
    return { ...statement, Resource };
  });
  return { Statement: statements };
}

function isOneOrMany(value: unknown): value is Statement["Action"] {
  return typeof value === "string" || (Array.isArray(value) && value.every((one) => typeof one === "string"));
}

function isCondition(value: unknown): value is NonNullable<Statement["Condition"]> {
  return isObject(value) && Object.values(value).every((keys) => isObject(keys));
}

function malformed(what: string): never {
  throw new EmulatedAwsError("MalformedPolicyDocument", `${what}.`);
}
