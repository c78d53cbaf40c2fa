import type { EnvironmentFlags } from "../environment.ts";

/** What the command line of `rotate` says. */
export interface RotateFlags extends EnvironmentFlags {
  fleet?: string;
  runner?: string[];
  all?: boolean;
  olderThan?: string;
  atOnce: number;
  commit?: boolean;
  dryRun?: boolean;
  resume?: boolean;
  abandon?: boolean;
  yes?: boolean;
  json?: boolean;
}
