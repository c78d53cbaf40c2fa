/** Virtual time: the planned events in order. Milliseconds since the schedule began. */
export interface Timeline {
  readonly now: number;
  at(time: number, act: () => void): void;
  after(milliseconds: number, act: () => void): void;
  /**
   * Lets the next event happen.
   *
   * @returns false when there is none before `until`
   */
  step(until: number): boolean;
}

interface Entry {
  time: number;
  /** Of two events at the same time, the one that was planned first happens first. */
  order: number;
  act: () => void;
}

/** Moments are kept to a 1024th of a millisecond, so that sums and differences of them are exact. */
function exact(time: number): number {
  return Math.ceil(time * 1024) / 1024;
}

/** A binary heap: a schedule plans and lives through some hundreds of events. */
export function timeline(): Timeline {
  const heap: Entry[] = [];
  let now = 0;
  let planned = 0;

  const isBefore = (one: Entry, other: Entry) =>
    one.time < other.time || (one.time === other.time && one.order < other.order);

  const rise = (entry: Entry) => {
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = entry;
  };

  const sink = (entry: Entry, size: number) => {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = entry;
  };

  const at = (time: number, act: () => void) => {
    rise({ time: Math.max(exact(time), now), order: planned++, act });
  };

  return {
    get now() {
      return now;
    },
    at,
    after: (milliseconds, act) => {
      at(now + milliseconds, act);
    },
    step(until) {
      const first = heap[0];
      if (first === undefined || first.time > until) {
        now = until;
        return false;
      }
      const last = heap.pop()!;
      if (heap.length > 0) sink(last, heap.length);
      now = first.time;
      first.act();
      return true;
    },
  };
}
