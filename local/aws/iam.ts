/*
 * Whether a set of identity policies permits a request: the part of IAM's
 * evaluation that roles of this project need. Elements that are not emulated
 * throw an error, so that a policy is never read as narrower or wider than it
 * is.
 */

import { Failure } from "../../contract/failure.ts";

type OneOrMany<T> = T | readonly T[];

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Action: OneOrMany<string>;
  Resource: OneOrMany<string>;
  /** By operator, then by condition key: the values. */
  Condition?: Record<string, Record<string, OneOrMany<string | boolean>>>;
}

export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: OneOrMany<Statement>;
}

/** Condition keys of a request. A key that holds several values, such as `aws:TagKeys`, has a list. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

export interface AccessRequest {
  /** The permission, for example `ssm:GetParameter`. */
  action: string;
  resource: string;
  context: RequestContext;
}

export type PolicyVerdict = "allowed" | "explicit deny" | "no allow";

/** A Deny that applies beats every Allow; without an Allow that applies nothing is permitted. */
export function evaluate(policies: readonly PolicyDocument[], request: AccessRequest): PolicyVerdict {
  const context = new Map(Object.entries(request.context).map(([key, value]) => [key.toLowerCase(), value]));
  const effects = policies
    .flatMap((policy) => many(policy.Statement))
    .filter((statement) => applies(statement, request, context))
    .map((statement) => statement.Effect);
  if (effects.includes("Deny")) return "explicit deny";
  return effects.includes("Allow") ? "allowed" : "no allow";
}

type Context = ReadonlyMap<string, string | readonly string[]>;

const elements = new Set(["Sid", "Effect", "Action", "Resource", "Condition"]);

function applies(statement: Statement, request: AccessRequest, context: Context): boolean {
  const unknown = Object.keys(statement).filter((element) => !elements.has(element));
  if (unknown.length > 0) {
    throw new Failure(`the local IAM does not know the policy element ${unknown.join(", ")}`);
  }
  const actions = many(statement.Action).map((action) => pattern(action, new Map(), like, "i"));
  const resources = many(statement.Resource).map((resource) => pattern(resource, context, like));
  return (
    actions.some((expression) => expression?.test(request.action)) &&
    resources.some((expression) => expression?.test(request.resource)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) =>
        holds(operator, context.get(key.toLowerCase()), many(values).map(String), context),
      ),
    )
  );
}

/** How an operator compares values. */
interface Comparison {
  wildcards: boolean;
  /** Each of an ARN's six parts is compared separately: `*` does not match a colon. */
  arn?: boolean;
  flags?: string;
  /** True when none of the policy's values matches. */
  negated?: boolean;
}

const equals: Comparison = { wildcards: false };
const like: Comparison = { wildcards: true };
const arnLike: Comparison = { wildcards: true, arn: true };
const comparisons: Record<string, Comparison> = {
  StringEquals: equals,
  StringNotEquals: { ...equals, negated: true },
  StringEqualsIgnoreCase: { ...equals, flags: "i" },
  StringLike: like,
  StringNotLike: { ...like, negated: true },
  ArnEquals: arnLike, // ArnEquals takes wildcards as well, as IAM's documentation says.
  ArnLike: arnLike,
  Bool: { ...equals, flags: "i" },
};

function holds(
  operator: string,
  actual: string | readonly string[] | undefined,
  wanted: readonly string[],
  context: Context,
): boolean {
  const [, quantifier, name, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === "Null") return wanted.includes(String(actual === undefined || actual.length === 0));
  const comparison = comparisons[name ?? ""];
  if (!comparison) throw new Failure(`the local IAM does not know the condition operator ${operator}`);

  const expressions = wanted.map((value) => pattern(value, context, comparison, comparison.flags));
  // A variable without a value makes the condition fail, whatever the operator.
  if (expressions.every((expression) => expression === undefined)) return false;
  const matches = (value: string) =>
    expressions.some((expression) => expression?.test(value)) !== (comparison.negated ?? false);

  if (quantifier === "ForAllValues") return many(actual ?? []).every(matches);
  if (quantifier === "ForAnyValue") return many(actual ?? []).some(matches);
  if (actual === undefined) return ifExists !== undefined || comparison.negated === true;
  return many(actual).some(matches);
}

/** Expressions of values without variables, which are the same for every request. */
const fixed = new Map<string, RegExp | undefined>();

/**
 * A policy's value as an expression; undefined when a variable in it has no
 * value. A variable's value is taken literally.
 */
function pattern(text: string, context: Context, comparison: Comparison, flags = ""): RegExp | undefined {
  if (text.includes("${")) return expressionOf(text, context, comparison, flags);
  const key = JSON.stringify([text, comparison, flags]);
  if (!fixed.has(key)) fixed.set(key, expressionOf(text, context, comparison, flags));
  return fixed.get(key);
}

function expressionOf(
  text: string,
  context: Context,
  { wildcards, arn = false }: Comparison,
  flags: string,
): RegExp | undefined {
  const unresolved: string[] = [];
  let colons = 0;
  const source = text.replace(/\$\{([^}]*)\}|[^]/g, (token, variable: string | undefined) => {
    if (variable !== undefined) {
      const value = /^[*?$]$/.test(variable) ? variable : context.get(variable.toLowerCase());
      if (typeof value !== "string") unresolved.push(variable);
      return escape(String(value));
    }
    if (token === ":") colons += 1;
    const any = arn && colons < 5 ? "[^:]" : "[^]";
    if (wildcards && token === "*") return `${any}*`;
    return wildcards && token === "?" ? any : escape(token);
  });
  return unresolved.length === 0 ? new RegExp(`^${source}$`, flags) : undefined;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function many<T>(value: OneOrMany<T>): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
