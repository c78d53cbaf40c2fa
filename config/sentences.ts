import type * as z from "zod";

/**
 * A refusal of the schema as a sentence: what would be right, and what is there.
 * The issue must contain its input (`reportInput`).
 */
export function sentence(issue: z.core.$ZodIssue): string {
  const { input } = issue;
  switch (issue.code) {
    case "invalid_type":
      if (input === undefined) return missing;
      return `must be ${kinds[issue.expected] ?? issue.expected}; it is ${show(input)}${hint(issue.expected, input)}`;
    case "invalid_value":
      if (input === undefined) return missing;
      return `must be one of ${issue.values.map(String).join(", ")}; it is ${show(input)}`;
    case "too_small":
      if (issue.origin === "string") return "must not be empty";
      if (issue.origin === "array")
        return `must have at least ${quantity(issue.minimum, "entry", "entries")}`;
      return `must be at least ${String(issue.minimum)}; it is ${show(input)}`;
    case "too_big":
      if (issue.origin === "string") return `must have at most ${String(issue.maximum)} characters`;
      if (issue.origin === "array") return `must have at most ${quantity(issue.maximum, "entry", "entries")}`;
      return `must be at most ${String(issue.maximum)}; it is ${show(input)}`;
    case "invalid_key":
      return issue.issues.map(sentence).join("; ");
    case "unrecognized_keys":
      return `has unknown keys: ${issue.keys.join(", ")}`;
    default:
      return typeof input === "string" && isShort(input)
        ? `${issue.message}; it is ${show(input)}`
        : issue.message;
  }
}

const missing = "is missing, and has no default";

const kinds: Partial<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map of keys",
  record: "a map of keys",
  array: "a list",
};

/** YAML reads 123456789012 as a number and "100" as text. */
function hint(expected: string, input: unknown): string {
  if (expected === "string" && ["number", "boolean"].includes(typeof input))
    return " without quotes; add them";
  const unquoted = typeof input === "string" && /^(\d+(\.\d+)?|true|false)$/.test(input);
  return unquoted && ["number", "int", "boolean"].includes(expected) ? " in quotes; remove them" : "";
}

/** A value as people see it. A password in a URL is left out. */
function show(input: unknown): string {
  if (Array.isArray(input)) return "a list";
  if (input === null) return "empty";
  if (typeof input === "number" || typeof input === "boolean") return String(input);
  if (typeof input !== "string") return "a map of keys";
  return isShort(input) ? `"${input.replace(/\/\/[^/]*@/, "//…@")}"` : "a longer text";
}

/** Long texts and those of several lines (a certificate, or a key by mistake) are not repeated. */
function isShort(text: string): boolean {
  return text.length <= 100 && !text.includes("\n");
}

function quantity(number: number | bigint, one: string, many: string): string {
  return `${String(number)} ${Number(number) === 1 ? one : many}`;
}
