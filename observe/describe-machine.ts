import type { ObservedMachine } from "./machine.ts";

/**
 * The known facts of a machine, as one half of a sentence:
 * `its machine i-0abc is running, reports booting since 2026-03-01T10:00:00Z (installing Docker), and has no entry at GitHub`.
 */
export function describeMachine({
  instanceId,
  instanceState,
  stateReason,
  report,
  entry,
}: ObservedMachine): string {
  const ec2 =
    instanceState === "unknown"
      ? "is not known to EC2 in this account and region"
      : `is ${instanceState}${inBrackets(stateReason)}`;
  const own = report
    ? `reports ${report.state}${report.since === undefined ? "" : ` since ${report.since}`}${inBrackets(report.detail)}`
    : "has reported nothing";
  const github = entry ? `is ${entry.online ? "online" : "offline"} at GitHub` : "has no entry at GitHub";
  return `its machine ${instanceId} ${ec2}, ${own}, and ${github}`;
}

/** The same in two words: `dev-cloud-1-i-0abc… (running, busy)`. */
export function brieflyDescribe({ name, instanceState, report }: ObservedMachine): string {
  return `${name} (${instanceState}${report ? `, ${report.state}` : ""})`;
}

function inBrackets(text: string | undefined): string {
  return text ? ` (${text.replace(/\.$/, "")})` : "";
}
