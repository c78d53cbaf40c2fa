import * as z from "zod";
import { parseDaysAndTime } from "../../contract/working-hours.ts";
import { defaults } from "../defaults.ts";
import { limits } from "../limits.ts";
import { text } from "./text.ts";

const daysAndTime = (example: string) =>
  z
    .string()
    .refine((line) => parseDaysAndTime(line) !== undefined, `must be days and a time, as in "${example}"`)
    .meta({ examples: [example] });

/** Whether the computer's time zone database has it; a function in the cloud has the same. */
function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return /^[A-Z]/.test(name); // An offset such as +01:00 has no daylight saving.
  } catch {
    return false;
  }
}

function isDate(date: string): boolean {
  const moment = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(date);
}

export const workingHoursSchema = z
  .strictObject({
    wake: daysAndTime("Mon-Fri 07:30").describe("When machines are woken. Not on holidays."),
    sleep: daysAndTime("Mon-Fri 19:00").describe("When machines go to sleep, each after its job."),
    zone: z
      .string()
      .refine(isZone, 'must be a time zone by its IANA name, as in "Europe/Berlin"')
      .meta({ examples: ["Europe/Berlin"] })
      .describe("The time zone of these times, including its daylight saving."),
    holidays: z
      .array(text(/^\d{4}-\d{2}-\d{2}$/, "a date", "2026-12-25").refine(isDate, "must be a day that exists"))
      .default([])
      .describe("Dates on which working hours wake no machine."),
  })
  .describe("Working hours. Outside of them power is off.");

export const autoShutdownSchema = z
  .strictObject({
    idleMinutes: z
      .number()
      .min(0.1)
      .max(7 * 24 * 60)
      .optional()
      .describe(
        "Minutes without a job after which a machine sleeps (the idle timeout), until a job (wakeOnDemand), workingHours or minimumAwake start it. Default: none, a machine is awake whenever power is on.",
      ),
    minimumAwake: z
      .int()
      .min(0)
      .default(0)
      .describe("Number of machines without the idle timeout: they are awake whenever power is on."),
    maxJobHours: z
      .number()
      .min(0.001)
      .max(limits.jobMinutes / 60)
      .default(defaults.maxJobHours)
      .describe(
        "Hours after which a job counts as [overdue](sleep-and-wake.md#how-long-a-job-may-run): `status` and a metric show it, and it runs on. GitHub ends a job after 120 hours.",
      ),
    enforce: z
      .boolean()
      .default(false)
      .describe(
        "Whether the machine ends an overdue job. The job then fails, and the rest of its steps does not run.",
      ),
    workingHours: workingHoursSchema.optional(),
  })
  .describe(
    "When the fleet's machines sleep without an operator's override. A machine always waits for its job to end.",
  );
