const hourMs = 3_600_000;

/** Milliseconds of the units in which an age is written. */
const unitMs = { h: hourMs, d: 24 * hourMs, w: 7 * 24 * hourMs } as const;

/** @returns milliseconds of an age as it is written, for example `36h`, `14d` or `2w`; undefined when it is written otherwise */
export function parseAge(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * unitMs[unit as keyof typeof unitMs];
}

/** How long ago a machine was made, in words: `15 days`, `7 hours`. */
export function describeAge(createdAt: string, now: number): string {
  const hours = Math.max(0, Math.floor((now - Date.parse(createdAt)) / hourMs));
  const [count, unit] = hours < 48 ? [hours, "hour"] : [Math.floor(hours / 24), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
