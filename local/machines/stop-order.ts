/** A unit that must stop. `after` and `before` name units, whether they run or not. */
export interface Stopping {
  after: readonly string[];
  before: readonly string[];
  stop: () => Promise<void>;
}

/**
 * Stops units in the reverse of the order in which they start. A unit waits for
 * all units that come after it; units without an order between them stop at the
 * same time.
 */
export async function stopInOrder(units: ReadonlyMap<string, Stopping>): Promise<void> {
  const stops = new Map<string, Promise<void>>();
  const comesAfter = (later: string, name: string) =>
    units.get(later)!.after.includes(name) || units.get(name)!.before.includes(later);
  const stop = (name: string): Promise<void> => {
    const begun = stops.get(name);
    if (begun) return begun;
    stops.set(name, Promise.resolve()); // In a cycle, no unit waits for the one that began it.
    const later = [...units.keys()].filter((other) => other !== name && comesAfter(other, name));
    const stopped = Promise.all(later.map(stop)).then(units.get(name)!.stop);
    stops.set(name, stopped);
    return stopped;
  };
  await Promise.all([...units.keys()].map(stop));
}
