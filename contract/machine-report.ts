import { printable } from "./printable.ts";
import { machineStates, tags } from "./tags.ts";
import type { MachineState } from "./tags.ts";

/**
 * A machine's report, in tags on its own instance. It is information for
 * people: a job with Docker is root on its machine and can forge it.
 */
export interface MachineReport {
  state: MachineState;
  /** ISO 8601 in UTC: when the state last changed. */
  since?: string;
  /** One sentence. */
  detail?: string;
  /** `<owner>/<repository>/actions/runs/<id>` of the job that it runs. */
  job?: string;
  /** Version of the runner software at work. */
  version?: string;
}

/**
 * Reads a machine's report from the tags of its instance; undefined before its
 * first report. A job can write these tags, and they reach terminals and links,
 * so a value without the promised form is left out.
 */
export function reportOf(
  instanceTags: Readonly<Record<string, string | undefined>>,
): MachineReport | undefined {
  const state = machineStates.find((known) => known === instanceTags[tags.state]);
  if (!state) return undefined;
  const since = instanceTags[tags.since] ?? "";
  const detail = printable(instanceTags[tags.detail] ?? "").trim();
  const job = instanceTags[tags.job] ?? "";
  const version = instanceTags[tags.version] ?? "";
  return {
    state,
    ...(isTime(since) && { since }),
    ...(detail !== "" && { detail }),
    ...(isRunPath(job) && { job }),
    ...(isVersion(version) && { version }),
  };
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

function isVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+$/.test(text);
}

function isRunPath(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+\/actions\/runs\/\d+$/.test(text);
}
