import * as pulumi from "@pulumi/pulumi";
import { formatPath } from "../config/issues.ts";
import { loadStackConfiguration, readStackConfiguration } from "../config/load.ts";
import type { Configuration } from "../config/schema.ts";
import { warningsOf } from "../config/warnings.ts";

/**
 * Reads the environment's configuration from the stack's configuration below the
 * project's name. On the local cloud, that cloud's addresses override it.
 *
 * @param environment the stack's name
 * @throws ConfigurationError with everything that is wrong, all at once
 */
export function readConfiguration(environment: string): Configuration {
  const project = pulumi.getProject();
  const raw = readStackConfiguration(pulumi.runtime.allConfig(), project);
  return loadStackConfiguration(environment, raw, process.env, project);
}

/** Makes `pulumi up` warn of settings that are valid and probably not intended. */
export function warnOfConfiguration(configuration: Configuration): void {
  for (const { path, message } of warningsOf(configuration)) {
    void pulumi.log.warn(`${formatPath(path, pulumi.getProject())} ${message}`);
  }
}
