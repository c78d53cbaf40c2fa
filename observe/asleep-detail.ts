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
 * What to say of a machine that is off: what keeps it so now, and before that how it went down where it did not go to
 * sleep. What it said itself may be over: its words are of the moment at which it left.
 *
 * @param settings absent: no fleet of the environment is meant
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

/** What a machine has said since its last start; where a time is missing, its word is taken for that. */
export function spokenInThisLife({
  launchedAt,
  report,
}: Pick<ObservedMachine, "launchedAt" | "report">): MachineReport | undefined {
  if (report?.since === undefined || launchedAt === undefined) return report;
  const { state, since } = report;
  return isOfThisLife({ state, since: Date.parse(since) }, Date.parse(launchedAt)) ? report : undefined;
}
