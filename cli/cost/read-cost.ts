import { logGroupName } from "../../contract/names.ts";
import { meterParameter, parseMeter } from "../../contract/meter.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import type { Environment } from "../environment.ts";
import type { CostSources } from "./report.ts";

/** How far before the requested time the ledger is read. A machine's start says since when it is idle, and may lie there. */
const lookbackMs = 7 * 24 * 3_600_000;

/**
 * Reads the sources of a report. Log groups that do not exist have no lines.
 *
 * @param fleet undefined: all fleets
 * @throws ServiceError
 */
export async function readCost(
  { aws, clock }: { aws: Aws; clock: Clock },
  { name, configuration }: Pick<Environment, "name" | "configuration">,
  { since, fleet }: { since: number; fleet?: string },
): Promise<CostSources> {
  const now = clock.now();
  const fleets = fleet === undefined ? Object.keys(configuration.fleets) : [fleet];
  const meter = meterParameter(name);
  const [values, machines] = await Promise.all([
    aws.parameters.read([meter]),
    observeMachines({ ec2: aws.instances }, { environment: name }),
  ]);
  const lines = [];
  // One after the other, because CloudWatch accepts few searches at the same time.
  for (const each of fleets) {
    lines.push(
      ...((await aws.ledger.read(logGroupName(name, each), { from: since - lookbackMs, to: now + 1 })) ?? []),
    );
  }
  return {
    environment: name,
    configuration,
    lines,
    meter: parseMeter(values.get(meter)),
    madeAt: madeAt(machines),
    idleUntil: new Map(machines.flatMap((machine) => idleUntil(machine, now))),
    now,
  };
}

function madeAt(machines: readonly ObservedMachine[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { runner, createdAt } of machines) {
    if (createdAt === undefined) continue;
    first.set(runner, Math.min(first.get(runner) ?? Infinity, Date.parse(createdAt)));
  }
  return first;
}

/** A running job has no line in the ledger yet. The machine's own report shows whether it is idle or busy. */
function idleUntil({ name, instanceState, report }: ObservedMachine, now: number): [string, number][] {
  if (instanceState !== "running" || !report) return [];
  if (report.state === "idle") return [[name, now]];
  const since = report.state === "busy" && report.since !== undefined ? Date.parse(report.since) : NaN;
  return Number.isNaN(since) ? [] : [[name, since]];
}
