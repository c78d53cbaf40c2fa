import { asleepSentence, whyAsleep } from "../contract/asleep.ts";
import type { WhyAsleep } from "../contract/asleep.ts";
import { failedStartSentence } from "../contract/failed-starts.ts";
import { withFullStop } from "../contract/full-stop.ts";
import { isOfThisLife, lastWordStates } from "../contract/last-words.ts";
import { desiredFor } from "../contract/desired.ts";
import type { FleetSettings } from "../contract/desired.ts";
import type { MachineReport } from "../contract/machine-report.ts";
import type { ObservedMachine } from "./machine.ts";

/**
 * The detail of a machine that is off: how it stopped, if it did not go to sleep, and what keeps it off now. Its own report
 * may be out of date: it is from the moment at which the machine left.
 *
 * @param settings absent: it belongs to no fleet of the environment
 * @param now milliseconds since the epoch
 */
export function asleepDetail(
  machine: ObservedMachine,
  settings: FleetSettings | undefined,
  now: number,
): string {
  const why = whyOf(machine, settings, now);
  return [howItWentDown(machine, why), asleepSentence(why)].filter((part) => part !== "").join(" ");
}

function whyOf(machine: ObservedMachine, settings: FleetSettings | undefined, now: number): WhyAsleep {
  if (!settings) return { kind: "unknown" };
  const { launchedAt, report, failedStart } = machine;
  const sleeping = {
    launchedAt: Date.parse(launchedAt ?? ""),
    ...(failedStart && { failedStart }),
    ...(report?.since !== undefined && { report: { state: report.state, since: Date.parse(report.since) } }),
  };
  return whyAsleep(sleeping, desiredFor(machine, settings, now), settings, now);
}

function howItWentDown(machine: ObservedMachine, { kind }: WhyAsleep): string {
  const { stateReason, failedStart } = machine;
  if (failedStart) return failedStartSentence(failedStart);
  const ec2 = stateReason === "" ? "" : ` EC2 says: ${withFullStop(stateReason)}`;
  const spoken = spokenInThisLife(machine);
  if (!spoken) return `It went down without a word since its last start.${ec2}`;
  const { state, detail = "" } = spoken;
  if (state === "boot-failed") return `Its boot failed: ${withFullStop(detail)}`;
  if (!lastWordStates.includes(state)) return `It went down without going to sleep, and was ${state}.${ec2}`;
  return kind === "unlisted" ? detail : "";
}

/** What a machine has reported since its last start; if a time is missing, the report counts. */
export function spokenInThisLife({
  launchedAt,
  report,
}: Pick<ObservedMachine, "launchedAt" | "report">): MachineReport | undefined {
  if (report?.since === undefined || launchedAt === undefined) return report;
  const { state, since } = report;
  return isOfThisLife({ state, since: Date.parse(since) }, Date.parse(launchedAt)) ? report : undefined;
}
