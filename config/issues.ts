import { Failure } from "../contract/failure.ts";

/** Where a value stands in the configuration: keys and indices from the top. Empty: the stack's own name. */
export type Path = readonly (string | number)[];

/** One thing that is wrong: where, what, and how to correct it. */
export interface Issue {
  path: Path;
  /** A sentence without its subject: the path is the subject. */
  message: string;
}

/** A fault that only several values together show. */
export interface Finding extends Issue {
  /** The other values that the finding rests on. If one of them is refused itself, the finding is left out. */
  because?: readonly Path[];
}

/** The configuration cannot be used. The message lists everything that is wrong, one line each. */
export class ConfigurationError extends Failure {
  override readonly name = "ConfigurationError";
  /** As printed: path (`longhaul:fleets.cloud.labels[1]`) and sentence. */
  readonly issues: readonly { path: string; message: string }[];

  /** @param issues paths as they are to be printed */
  constructor(issues: readonly { path: string; message: string }[]) {
    super(
      [
        `The configuration has ${issues.length === 1 ? "an error" : `${issues.length} errors`} (docs/configuration.md lists every key):`,
        ...issues.map(({ path, message }) => `  ${path}: ${message}`),
      ].join("\n"),
    );
    this.issues = issues;
  }
}

/**
 * How a path is printed: `longhaul:fleets.cloud.labels[1]`, and `stack name` for the empty one.
 *
 * @param project the name of the Pulumi project, which its stacks' keys begin with; absent: these are no keys of a stack
 */
export function formatPath(path: Path, project?: string): string {
  if (path.length === 0) return "stack name";
  return (project === undefined ? "" : `${project}:`) + path.map(formatStep).join("").replace(/^\./, "");
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** Whether one path equals the other or leads to it. */
export function pathsOverlap(one: Path, other: Path): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((step, index) => String(step) === String(other[index]));
}
