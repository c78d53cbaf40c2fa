import { traceOf } from "../../contract/failure.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import type { LimitsSetting } from "../../contract/parameters.ts";
import { parseFleetSettings } from "../../contract/desired.ts";
import type { FleetSettings } from "../../contract/desired.ts";
import { parametersIn } from "../aws/parameters.ts";
import type { Aws } from "./aws.ts";

/** One read of the fleet's parameters. What could not be read is undefined, and `problem` says why, for the log. */
export interface SettingsReading extends FleetSettings {
  problem?: string;
  /** SSM has answered: a value that is undefined is missing or damaged. */
  isAnswered?: boolean;
}

/** Nothing has been read yet. */
export const unreadSettings: FleetSettings = {
  candidates: undefined,
  roster: undefined,
  power: undefined,
  override: undefined,
  limits: undefined,
};

/** Reads all of them in one call. Never throws: what cannot be read must change nothing. */
export async function readSettings(
  { environment, fleet }: { environment: string; fleet: string },
  aws: Aws,
): Promise<SettingsReading> {
  const names = fleetParameters(environment, fleet);
  let values: Map<string, string>;
  try {
    values = parametersIn(await aws("ssm:GetParameters", { Names: Object.values(names) }));
  } catch (error) {
    return { ...unreadSettings, problem: traceOf(error) };
  }
  const settings = parseFleetSettings(environment, fleet, values);
  const unreadable = (Object.keys(names) as (keyof typeof names)[]).filter((key) => !settings[key]);
  if (unreadable.length === 0) return { ...settings, isAnswered: true };
  const problem = `missing or damaged: ${unreadable.map((key) => names[key]).join(", ")}`;
  return { ...settings, isAnswered: true, problem };
}

/**
 * The settings after another read: the new ones, and the old ones for what could
 * not be read. If one of the lists could not be read, the other takes no machine
 * off: a machine that leaves the candidates may be on a roster that was not read.
 * Two empty lists mean that the listing is unknown, and they stay empty until both
 * lists are read. A damaged job limit counts as no limit, because an old limit that
 * still applied could end a job.
 */
export function keepKnown(known: FleetSettings, reading: SettingsReading): FleetSettings {
  const whole = reading.candidates && reading.roster;
  const empty = known.candidates?.length === 0 && known.roster?.length === 0;
  const listOf = (name: "candidates" | "roster") => {
    const [before, now] = [known[name], reading[name]];
    if (!before || whole) return now ?? before;
    return empty ? before : [...new Set([...before, ...(now ?? [])])];
  };
  return {
    candidates: listOf("candidates"),
    roster: listOf("roster"),
    power: reading.power ?? known.power,
    override: reading.override ?? known.override,
    limits: reading.limits ?? (reading.isAnswered ? withoutJobLimit(known.limits) : known.limits),
  };
}

function withoutJobLimit(limits: LimitsSetting | undefined): LimitsSetting | undefined {
  if (!limits) return undefined;
  const { idleMinutes, minimumAwake } = limits;
  return { ...(idleMinutes !== undefined && { idleMinutes }), minimumAwake };
}
