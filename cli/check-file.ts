import type { z } from "zod";
import { sentence } from "../config/sentences.ts";
import { formatPath } from "../config/issues.ts";
import { Failure } from "../contract/failure.ts";

/**
 * The checked content of a file that people write.
 *
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function checkFile<Value>(path: string, schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${nameOf(issue)} ${sentence(issue)}`);
  throw new Failure(`${path} cannot be used; correct it and run this again:\n${problems.join("\n")}`);
}

/** The path of a value in its file or request. */
export function nameOf({ path }: Pick<z.core.$ZodIssue, "path">): string {
  return path.length === 0 ? "it" : formatPath(path.filter((step) => typeof step !== "symbol"));
}
