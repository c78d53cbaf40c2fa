import { programsOf } from "../journey/machine-processes.ts";
import type { Instants, WatchedMachine } from "./instants.ts";
import { watchInstants } from "./instants.ts";
import type { Place, Surroundings } from "./places.ts";
import type { Lap } from "./plan.ts";

/** Milliseconds from the beginning of an engine's command until all old machines are off. */
const leaveLimitMs = 180_000;

/**
 * Plays the rounds that are one command of the engine for all places: `up` with
 * a changed fingerprint, or `destroy`. Resolves when the command has ended, the
 * old machines are off, and the jobs have been sent. Those may still wait for
 * the next machines.
 */
export async function playEngineRounds(
  { environment, jobs }: Surroundings,
  places: readonly Place[],
  { rounds }: Lap["end"],
  command: () => Promise<unknown>,
): Promise<void> {
  const watched: Instants[] = [];
  try {
    const sending = rounds.map((round) => {
      const machine = machineOf(places[round.place]!);
      const instants = watchInstants(environment, machine, leaveLimitMs);
      watched.push(instants);
      return jobs.put(round, machine?.instanceId, instants);
    });
    const left = watched.map((instants) => instants.watchLeaving());
    for (const instants of watched) instants.tell("change");
    await Promise.all([command(), ...left]);
    await Promise.all(sending);
  } finally {
    for (const instants of watched) instants.close();
  }

  function machineOf({ runner, machine }: Place): WatchedMachine | undefined {
    const listener = machine === undefined ? undefined : programsOf(environment, machine).listener;
    return listener === undefined ? undefined : { runner, instanceId: machine!, listener };
  }
}
