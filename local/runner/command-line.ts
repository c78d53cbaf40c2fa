/** The runner's arguments, with those that are passed as `ACTIONS_RUNNER_INPUT_<NAME>`. */
export interface CommandLine {
  command: string;
  flag(name: string): boolean;
  /** The value of `--<name>`; the command line takes precedence over the environment. */
  value(name: string): string | undefined;
}

const prefix = "ACTIONS_RUNNER_INPUT_";

/**
 * Reads arguments and inputs, and removes the inputs from the environment, so
 * that no process started later sees a token.
 */
export function readCommandLine(
  words: readonly string[],
  environment: Record<string, string | undefined>,
): CommandLine {
  const [command = "", ...rest] = words;
  const named = new Map<string, string>();
  for (const [variable, value = ""] of Object.entries(environment)) {
    if (!variable.toUpperCase().startsWith(prefix)) continue;
    if (value.trim() !== "") named.set(variable.slice(prefix.length).toLowerCase(), value.trim());
    Reflect.deleteProperty(environment, variable);
  }
  rest.forEach((word, index) => {
    if (!word.startsWith("--")) return;
    const next = rest[index + 1];
    named.set(word.slice(2).toLowerCase(), next === undefined || next.startsWith("--") ? "true" : next);
  });
  return {
    command: command.toLowerCase(),
    flag: (name) => /^(true|1|y|yes)$/i.test(named.get(name) ?? ""),
    value: (name) => named.get(name),
  };
}
