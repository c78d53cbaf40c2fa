import { existsSync, writeFileSync } from "node:fs";
import type { FleetSettings } from "../../contract/wishes.ts";
import { wishFor } from "../../contract/wishes.ts";
import type { Clock } from "./clock.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import type { Incidents } from "./incidents.ts";
import { jobLimitOf } from "./job-limit.ts";
import type { SettingsReading } from "./settings.ts";
import { keepKnown, unreadSettings } from "./settings.ts";

/** What the fleet's parameters say of this machine. */
export type FleetView = Pick<RunnerObservation, "listing" | "mayRetire" | "power" | "jobLimit"> & {
  /** Minutes without a job after which the machine sleeps although power is on; undefined: it does not. */
  idleMinutes: number | undefined;
};

export interface FleetWatch {
  /** Reads the parameters once more. */
  read(): Promise<void>;
  /** What holds now: an operator's wish may have expired since the last read. */
  view(): FleetView;
  /** Milliseconds until the next read: a machine that waits to be listed asks more often. */
  nextReadMs(): number;
}

export interface FleetWatchHost {
  machine: { runner: string; instanceId: string };
  pollSeconds: number;
  /** The file that remembers that the machine has been on a list. */
  listedMark: string;
  readSettings: () => Promise<SettingsReading>;
  incidents: Pick<Incidents, "goesOn" | "isOver">;
  clock: Pick<Clock, "now">;
  log: (line: string) => void;
}

/** Milliseconds between two reads of a machine that is on no list, at most. */
export const maxUnlistedMs = 5000;

/**
 * So many times in a row a machine must find itself on neither list: one read
 * may bring one list from before a change and the other from after it.
 */
export const readsToRetire = 2;

const unreadSentence =
  "SSM does not tell the machine what is wanted of its fleet, so what it was told before goes on to hold: its log says why.";

export function watchFleet({
  machine,
  pollSeconds,
  listedMark,
  readSettings,
  incidents,
  clock,
  log,
}: FleetWatchHost): FleetWatch {
  let known: FleetSettings = unreadSettings;
  let problem: string | undefined;
  let wasListed = existsSync(listedMark);
  let unlistedReads = 0;

  const wish = () => wishFor(machine, known, clock.now());

  return {
    async read() {
      const reading = await readSettings();
      if (reading.problem !== problem) {
        log(
          `The fleet's parameters ${reading.problem ? `cannot be read: ${reading.problem}` : "are read again"}.`,
        );
        problem = reading.problem;
      }
      // A new fleet has no roster yet: that a parameter is missing is for the log.
      if (reading.isAnswered || !problem) incidents.isOver("parametersUnread");
      else incidents.goesOn("parametersUnread", unreadSentence);
      known = keepKnown(known, reading);
      const { listing } = wish();
      if (listing !== "none") unlistedReads = 0;
      else if (reading.candidates && reading.roster) unlistedReads++;
      if (!wasListed && (listing === "service" || listing === "candidate")) {
        writeFileSync(listedMark, "");
        wasListed = true;
      }
    },
    view() {
      const { listing, power, by, reason, idleMinutes } = wish();
      return {
        listing,
        mayRetire: known.operator?.closing === true || (wasListed && unlistedReads >= readsToRetire),
        power: known.power && { power, by, reason },
        jobLimit: jobLimitOf(known.shutdown),
        idleMinutes,
      };
    },
    nextReadMs: () => {
      const { listing } = wish();
      const listed = listing === "service" || listing === "candidate";
      return listed ? pollSeconds * 1000 : Math.min(pollSeconds * 1000, maxUnlistedMs);
    },
  };
}
