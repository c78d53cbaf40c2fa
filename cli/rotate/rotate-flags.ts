import type { EnvironmentFlags } from "../environment.ts";

/** The flags of `rotate`. */
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
