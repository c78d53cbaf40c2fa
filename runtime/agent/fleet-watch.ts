import { existsSync, writeFileSync } from "node:fs";
import type { FleetSettings } from "../../contract/desired.ts";
import { desiredFor } from "../../contract/desired.ts";
import type { Clock } from "./clock.ts";
import type { FleetMemory, FleetView } from "./fleet-memory.ts";
import { afterRead, fleetViewOf, nextReadMs } from "./fleet-memory.ts";
import type { Incidents } from "./incidents.ts";
import type { SettingsReading } from "./settings.ts";
import { unreadSettings } from "./settings.ts";

export interface FleetWatch {
  /** Reads the parameters once more. */
  read(): Promise<void>;
  /** The present view: an operator's override may have expired since the last read. */
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

const unreadSentence =
  "The machine cannot read its fleet's parameters from SSM, so the settings that it read last still apply. Its log says why.";

export function watchFleet({
  machine,
  pollSeconds,
  listedMark,
  readSettings,
  incidents,
  clock,
  log,
}: FleetWatchHost): FleetWatch {
  let memory: FleetMemory = { known: unreadSettings, wasListed: existsSync(listedMark), unlistedReads: 0 };
  let problem: string | undefined;

  const desiredOf = (settings: FleetSettings) => desiredFor(machine, settings, clock.now());
  const desired = () => desiredOf(memory.known);

  return {
    async read() {
      const reading = await readSettings();
      if (reading.problem !== problem) {
        log(
          `The fleet's parameters ${reading.problem ? `cannot be read: ${reading.problem}` : "are read again"}.`,
        );
        problem = reading.problem;
      }
      // A new fleet has no roster yet, so a missing parameter is only logged.
      if (reading.isAnswered || !problem) incidents.isOver("parametersUnread");
      else incidents.goesOn("parametersUnread", unreadSentence);
      const { wasListed } = memory;
      const next = afterRead(memory, reading, desiredOf);
      memory = { ...next, wasListed };
      // Remembered only after the file is written: if it cannot be, the next read tries again.
      if (next.wasListed && !wasListed) writeFileSync(listedMark, "");
      memory = next;
    },
    view: () => fleetViewOf(memory, desired()),
    nextReadMs: () => nextReadMs(desired(), pollSeconds * 1000),
  };
}
