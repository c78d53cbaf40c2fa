/** A moment for people, in UTC like every time that Longhaul shows: `2026-03-01 18:00 UTC`. @param time ISO 8601, or milliseconds since the epoch */
export function formatMoment(time: string | number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The month of a moment in UTC, `2026-03`. @param time milliseconds since the epoch */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}
