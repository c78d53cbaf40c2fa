/** A time from `from` until, but not including, `to`, in milliseconds since the epoch. It is empty if `to` is not after `from`. */
export interface Span {
  from: number;
  to: number;
}

const dayMs = 24 * 60 * 60_000;

/** The intersection of two spans. */
export function overlap(one: Span, other: Span): Span {
  return { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
}

/** A span cut into pieces where days begin in UTC. */
export function daysOf({ from, to }: Span): Span[] {
  const pieces: Span[] = [];
  while (from < to) {
    const end = Math.min(to, (Math.floor(from / dayMs) + 1) * dayMs);
    pieces.push({ from, to: end });
    from = end;
  }
  return pieces;
}
