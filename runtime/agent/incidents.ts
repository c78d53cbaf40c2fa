import { machineIncidents } from "../../contract/metrics.ts";
import type { Clock } from "./clock.ts";

export type IncidentKind = keyof typeof machineIncidents;

/** Number of incidents of each kind, by the metric's name; a kind without incidents is absent. */
export type IncidentCounts = Readonly<Record<string, number>>;

/**
 * Incidents on the machine that do not change its state. People learn of them
 * in three ways: a line in the log, the machine's detail (and so
 * `longhaul status`), and a metric for an alarm.
 */
export interface Incidents {
  /** Something happened. Its sentence stays in the detail for an hour. @param times how often, since the last call */
  happened(kind: IncidentKind, sentence: string, times?: number): void;
  /** Something continues until it is over. Another sentence does not make it another incident. */
  goesOn(kind: IncidentKind, sentence: string): void;
  /** What continued is over. Without such an incident, this does nothing. */
  isOver(kind: IncidentKind): void;
  /** The current sentences, the latest first; empty if there are none. */
  detail(): string;
  /**
   * Hands over what to publish: how often each kind has happened since the last success, plus one for each incident that
   * continues. If `send` rejects, so does this, and the same is counted again next time.
   */
  publish(send: (counts: IncidentCounts) => Promise<void>): Promise<void>;
}

/** Milliseconds for which the sentence about something that happened stays in the machine's detail. */
export const toldForMs = 60 * 60_000;

export function watchIncidents(clock: Pick<Clock, "monotonic">, log: (line: string) => void): Incidents {
  /** By kind: its sentence, and until when it holds (Infinity: until the incident is over). The latest is the last. */
  const told = new Map<IncidentKind, { sentence: string; until: number }>();
  const happened = new Map<string, number>();

  const tell = (kind: IncidentKind, sentence: string, until: number) => {
    told.delete(kind);
    told.set(kind, { sentence, until });
  };

  return {
    happened(kind, sentence, times = 1) {
      const { name } = machineIncidents[kind];
      happened.set(name, (happened.get(name) ?? 0) + times);
      log(sentence);
      tell(kind, sentence, clock.monotonic() + toldForMs);
    },
    goesOn(kind, sentence) {
      if (told.get(kind)?.sentence === sentence) return;
      log(sentence);
      tell(kind, sentence, Infinity);
    },
    isOver(kind) {
      if (told.get(kind)?.until === Infinity) told.delete(kind);
    },
    detail() {
      const now = clock.monotonic();
      const holding = [...told.values()].filter(({ until }) => now < until);
      return holding
        .reverse()
        .map(({ sentence }) => sentence)
        .join(" ");
    },
    async publish(send) {
      const taken = new Map(happened);
      const counts = Object.fromEntries([...taken].filter(([, count]) => count > 0));
      for (const [kind, { until }] of told) {
        const { name } = machineIncidents[kind];
        if (until === Infinity) counts[name] = (counts[name] ?? 0) + 1;
      }
      await send(counts);
      for (const [name, count] of taken) happened.set(name, happened.get(name)! - count);
    },
  };
}
