import * as z from "zod";
import { isObject } from "../contract/json.ts";
import type { Issue, Path } from "./issues.ts";
import { type Configuration, configurationSchema } from "./schema.ts";
import { sentence } from "./sentences.ts";
import { unknownKeySentence } from "./unknown-keys.ts";

/** The schema's result for a configuration as it is written. */
export interface ConfigurationShape {
  issues: Issue[];
  /**
   * The configuration with every default filled in. Refused values are replaced
   * by defaults and stand-ins, so that the rest can still be checked and
   * everything is reported at once. Undefined: nothing can be checked.
   */
  configuration: Configuration | undefined;
}

export function checkConfiguration(raw: Record<string, unknown>): ConfigurationShape {
  const parsed = configurationSchema.safeParse(raw, { reportInput: true });
  if (parsed.success) return { issues: [], configuration: parsed.data };
  const issues = parsed.error.issues.flatMap(toIssues);
  const repaired = configurationSchema.safeParse(withoutRefused(raw, issues));
  return { issues, configuration: repaired.data };
}

/** One issue for each unknown key; every other issue unchanged. */
function toIssues(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code !== "unrecognized_keys") return [{ path, message: sentence(issue) }];
  const known = knownKeys(path);
  return issue.keys.map((key) => ({ path: [...path, key], message: unknownKeySentence(key, known) }));
}

/** The keys that the schema has at a path. */
function knownKeys(path: Path): string[] {
  let schema: z.core.JSONSchema.BaseSchema = z.toJSONSchema(configurationSchema, { io: "input" });
  for (const step of path) {
    const next = schema.properties?.[step] ?? schema.additionalProperties;
    if (typeof next !== "object") return [];
    schema = next;
  }
  return Object.keys(schema.properties ?? {});
}

/** A copy without the refused values, and with stand-ins for the sections that have no default. */
function withoutRefused(raw: Record<string, unknown>, issues: readonly Issue[]): Record<string, unknown> {
  const copy = structuredClone(raw);
  for (const { path } of issues) remove(copy, path);
  return {
    ...copy,
    aws: { account: "000000000000", region: "us-east-1", ...(isObject(copy.aws) ? copy.aws : {}) },
    github: isObject(copy.github) ? withNamedGroup(copy.github) : {},
    fleets: isObject(copy.fleets) && Object.keys(copy.fleets).length > 0 ? copy.fleets : { none: {} },
  };
}

function withNamedGroup(github: Record<string, unknown>): Record<string, unknown> {
  const { runnerGroup } = github;
  return isObject(runnerGroup) ? { ...github, runnerGroup: { name: "none", ...runnerGroup } } : github;
}

/** Removes the value at a path. A list is removed as a whole: the other entries must keep their places. */
function remove(object: Record<string, unknown>, path: Path): void {
  const [step, ...rest] = path;
  if (step === undefined) return;
  const value = object[step];
  if (rest.length > 0 && isObject(value)) remove(value, rest);
  else Reflect.deleteProperty(object, step);
}
