import { machineStates, tags } from "../contract/tags.ts";
import type { MachineReport } from "./machine.ts";

/**
 * A machine's report from the tags of its instance; undefined while it has not
 * spoken. A job can write these tags, and they end up on terminals and in
 * links: what does not have the promised form is left out.
 */
export function reportOf(instanceTags: Readonly<Record<string, string>>): MachineReport | undefined {
  const state = machineStates.find((known) => known === instanceTags[tags.state]);
  if (!state) return undefined;
  const since = instanceTags[tags.since] ?? "";
  const detail = printable(instanceTags[tags.detail] ?? "");
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

function printable(text: string): string {
  return text.replace(/\p{C}+/gu, " ").trim();
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
