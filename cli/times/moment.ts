import { notUnderstood, parseSpan, spanForm } from "./span.ts";

/** How an option for a moment is read. */
export interface MomentOption {
  /** For example `--until`. */
  name: string;
  /** The direction of spans and times of the day: `ahead` of now, or back from it. */
  direction: "ahead" | "back";
  /** The zone of a time or a day without one. */
  zone: "local" | "UTC";
  /** Additional words, for example `month`. Milliseconds since the epoch. */
  words?: Readonly<Record<string, number>>;
}

/**
 * The moment that an option names: a span of time from now, a day or a time in
 * ISO 8601, or a time of the day.
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws BadUsage for anything else
 */
export function parseMoment(option: MomentOption, text: string, now: number): number {
  const { name, zone, words = {} } = option;
  const at =
    (Object.hasOwn(words, text) ? words[text] : undefined) ??
    spanFromNow(option, text, now) ??
    timeOfDay(option, text, now) ??
    isoTime(option, text);
  if (at !== undefined) return at;
  const forms = [
    spanForm,
    "a time (2026-03-01T18:00, 2026-03-01T18:00Z)",
    "a day (2026-03-01)",
    "a time of the day (18:30)",
    ...Object.keys(words),
  ];
  const zoneless = zone === "UTC" ? "UTC" : "this computer's time";
  throw notUnderstood(
    name,
    text,
    `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)!}, in ${zoneless} where no zone is named`,
  );
}

function spanFromNow({ direction }: MomentOption, text: string, now: number): number | undefined {
  const span = parseSpan(text);
  if (span === undefined) return undefined;
  return direction === "ahead" ? now + span : now - span;
}

/** The next or the last time that a clock shows it. */
function timeOfDay({ direction, zone }: MomentOption, text: string, now: number): number | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) return undefined;
  const at = new Date(now);
  const [hours, minutes] = match.slice(1).map(Number) as [number, number];
  const move = (days: number) => {
    if (zone === "UTC") at.setUTCDate(at.getUTCDate() + days);
    else at.setDate(at.getDate() + days);
  };
  if (zone === "UTC") at.setUTCHours(hours, minutes, 0, 0);
  else at.setHours(hours, minutes, 0, 0);
  if (direction === "ahead" && at.getTime() <= now) move(1);
  if (direction === "back" && at.getTime() > now) move(-1);
  return at.getTime();
}

function isoTime({ zone }: MomentOption, text: string): number | undefined {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  if (!match) return undefined;
  // JavaScript accepts the 31st of any month, and means a day of the next.
  const [year, month, day] = match.slice(1, 4).map(Number);
  if (day! > new Date(Date.UTC(year!, month, 0)).getUTCDate()) return undefined;
  const [time, ownZone] = [match[4] ?? "T00:00", match[8]];
  const whole = `${text.slice(0, 10)}${time}${ownZone === undefined && zone === "UTC" ? "Z" : ""}`;
  const at = Date.parse(whole);
  return Number.isNaN(at) ? undefined : at;
}
