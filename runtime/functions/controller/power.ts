import { monthOf } from "../../../contract/moment.ts";
import type { ControlledFleet } from "../../../contract/controller.ts";
import type { WorkingHoursPower } from "../../../contract/working-hours.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";
import type { MonthsCost } from "./spending.ts";

/** The budget's power. `free`: it sets none. `unknown`: it is not known whether the budget is spent. */
export type PowerByMoney = PowerSetting | "free" | "unknown";

export function powerByMoney(
  limit: number | undefined,
  spent: MonthsCost | undefined,
  now: number,
): PowerByMoney {
  if (limit === undefined) return "free";
  if (!spent) return "unknown";
  if (spent.month < limit) return "free";
  const month = monthOf(now);
  return {
    power: "off",
    by: "budget",
    reason: `${spent.month.toFixed(2)} of ${limit} USD are spent in ${month}`,
    spent: { month, usd: spent.month },
  };
}

/**
 * The power setting of a fleet; undefined if it cannot be known. While the costs are not known, a fleet that is off for
 * the budget stays off, and any other follows its working hours.
 */
export function powerOf(
  byMoney: PowerByMoney,
  byHours: PowerSetting,
  now: PowerSetting | undefined,
): PowerSetting | undefined {
  if (byMoney === "free") return byHours;
  if (byMoney !== "unknown") return byMoney;
  return now?.by === "budget" ? now : now && byHours;
}

export function powerByWorkingHours(
  { workingHours }: ControlledFleet,
  now: WorkingHoursPower | undefined,
): PowerSetting {
  if (!workingHours || !now) return { power: "on", by: "stack", reason: "no working hours are set" };
  const { power } = now;
  const reason =
    power === "on"
      ? `working hours since ${workingHours.wake}`
      : `outside working hours since ${workingHours.sleep}`;
  return { power, by: "working-hours", reason: `${reason}, ${workingHours.zone}` };
}

/** Another amount is no change: a breach would be written each minute. Another month is a change. */
export function saysTheSame(one: PowerSetting | undefined, other: PowerSetting): boolean {
  if (one?.power !== other.power || one.by !== other.by) return false;
  if (one.spent?.month !== other.spent?.month) return false;
  return one.by !== "working-hours" || one.reason === other.reason;
}
