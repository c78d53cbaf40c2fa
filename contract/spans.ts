/** A time from `from` until `to`, in milliseconds since the epoch; the end is not part of it. Empty where it is not after the beginning. */
export interface Span {
  from: number;
  to: number;
}

const dayMs = 24 * 60 * 60_000;

/** What two spans share. */
export function overlap(one: Span, other: Span): Span {
  return { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
}

/** A span in pieces, cut where days begin in UTC. */
export function daysOf({ from, to }: Span): Span[] {
  const pieces: Span[] = [];
  while (from < to) {
    const end = Math.min(to, (Math.floor(from / dayMs) + 1) * dayMs);
    pieces.push({ from, to: end });
    from = end;
  }
  return pieces;
}
