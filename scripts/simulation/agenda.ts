/** Planned events in virtual time, in order. */
export interface Agenda {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Events for the same moment happen in the order in which they were planned. */
  plan(at: number, happen: () => void): void;
  /** Runs all events that are planned for before a moment, including those that these plan. */
  runUntil(end: number): void;
}

export function createAgenda(start: number): Agenda {
  const planned: { at: number; happen: () => void }[] = [];
  let now = start;
  return {
    now: () => now,
    plan(at, happen) {
      let [low, high] = [0, planned.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (planned[middle]!.at <= at) low = middle + 1;
        else high = middle;
      }
      planned.splice(low, 0, { at, happen });
    },
    runUntil(end) {
      while (planned[0] !== undefined && planned[0].at < end) {
        const { at, happen } = planned.shift()!;
        now = Math.max(now, at);
        happen();
      }
      now = end;
    },
  };
}
