import { ConfigurationError, formatPath, pathsOverlap } from "./issues.ts";
import { localCloudVariable, localEnvironment } from "../contract/local-cloud.ts";
import { applyLocalCloud } from "./local.ts";
import { judge } from "./rules.ts";
import type { Configuration } from "./schema.ts";
import { checkConfiguration } from "./shape.ts";

export { ConfigurationError } from "./issues.ts";

/**
 * The configuration of one environment, validated, with every default filled in.
 *
 * @param environment the stack's name
 * @param raw the values below the project's name, as {@link readStackConfiguration} gives them
 * @param project the name of the Pulumi project, with which sentences name a key
 * @throws ConfigurationError with everything that is wrong, all at once
 */
export function loadConfiguration(
  environment: string,
  raw: Record<string, unknown>,
  project = "longhaul",
): Configuration {
  const { issues, configuration } = checkConfiguration(raw);
  const refused = issues.map((issue) => issue.path);
  const findings = (configuration ? judge(environment, configuration, raw) : []).filter(
    // A finding that rests on a refused value would be one about its stand-in.
    ({ path, because = [] }) =>
      ![path, ...because].some(
        (judged) => judged.length > 0 && refused.some((other) => pathsOverlap(other, judged)),
      ),
  );
  if (configuration && issues.length + findings.length === 0) return configuration;
  throw new ConfigurationError(
    [...issues, ...findings].map(({ path, message }) => ({ path: formatPath(path, project), message })),
  );
}

/**
 * The same for a stack of this project: in the environment of the local cloud,
 * that cloud's addresses override the configured ones.
 *
 * @param variables the process's: `LONGHAUL_LOCAL` says where the local cloud is
 * @param project the name of the Pulumi project, with which sentences name a key
 * @throws ConfigurationError with everything that is wrong, or if there is no local cloud
 */
export function loadStackConfiguration(
  stack: string,
  raw: Record<string, unknown>,
  variables: Readonly<Record<string, string | undefined>>,
  project: string,
): Configuration {
  const onLocalCloud = stack === localEnvironment;
  const written = onLocalCloud ? applyLocalCloud(raw, variables[localCloudVariable]) : raw;
  return loadConfiguration(stack, written, project);
}

/**
 * The project's own part of a stack's configuration, each value parsed.
 *
 * @param all `pulumi.runtime.allConfig()`: `longhaul:fleets` → JSON text
 * @param projectName the namespace to take, without its colon
 */
export function readStackConfiguration(
  all: Readonly<Record<string, string>>,
  projectName: string,
): Record<string, unknown> {
  const texts = Object.entries(ownPart(all, projectName));
  return Object.fromEntries(texts.map(([key, text]) => [key, parseValue(text)]));
}

/** The values of a project's own namespace, without the namespace in their keys. */
export function ownPart<Value>(
  all: Readonly<Record<string, Value>>,
  projectName: string,
): Record<string, Value> {
  const prefix = `${projectName}:`;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** Pulumi passes maps and lists as JSON; anything else is plain text, which the schema checks. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
