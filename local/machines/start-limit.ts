import type { Unit } from "./units.ts";

/**
 * Counts the starts of units, whatever requested them. systemd does so before
 * each start, including its own restarts.
 */
export interface StartLimit {
  /** Whether the unit may be started now. If so, this counts as a start. */
  takes(unit: Pick<Unit, "name" | "startLimit">): boolean;
  /** `systemctl reset-failed`. */
  reset(name: string): void;
}

/** @param now milliseconds of a monotonic clock */
export function createStartLimit(now: () => number): StartLimit {
  const starts = new Map<string, number[]>();
  return {
    takes({ name, startLimit: { intervalMs, burst } }) {
      const recent = (starts.get(name) ?? []).filter((at) => now() - at < intervalMs);
      if (intervalMs > 0 && recent.length >= burst) return false;
      starts.set(name, [...recent, now()]);
      return true;
    },
    reset: (name) => {
      starts.delete(name);
    },
  };
}
