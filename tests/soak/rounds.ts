import { startEnvironment } from "../environment.ts";
import { fleetControlsOf } from "../fleet-controls.ts";
import { installAgent } from "./careless-agent.ts";
import { playEngineRounds } from "./engine-rounds.ts";
import { createJobs } from "./jobs.ts";
import { playOwnRound } from "./own-rounds.ts";
import { agentPace, systemdTimes, wireTimes } from "./pace.ts";
import type { Place } from "./places.ts";
import { placeNamed, takeMachines } from "./places.ts";
import type { Lap } from "./plan.ts";
import { planLaps } from "./plan.ts";
import { countReturns, storyOf } from "./story.ts";

export interface SoakOptions {
  rounds: number;
  /** The same seed plans the same rounds. Real processes carry them out with differences of milliseconds. */
  seed: string;
  say: (line: string) => void;
  /** Text of another agent that every machine must run: a soak must be able to fail. */
  agent?: string;
}

/** The results of a soak's jobs. */
export interface SoakReport {
  rounds: number;
  /** Jobs that were sent. */
  jobs: number;
  /** Jobs that were offered to a listener that did not take them, and that succeeded later. */
  requeued: number;
  /** Jobs that did not succeed, or never ran. */
  lost: number;
  seed: string;
}

/** Jobs that still wait when all rounds are over get a machine, and this many milliseconds. */
const lastJobsLimitMs = 120_000;

/**
 * Sends jobs at chosen moments around machines that sleep, are dropped,
 * recalled, replaced and destroyed, on the local cloud with real processes, and
 * counts the results.
 *
 * @throws when a machine does not reach its desired state within minutes
 */
export async function soakRounds({ rounds, seed, say, agent }: SoakOptions): Promise<SoakReport> {
  const laps = planLaps(rounds, seed);
  const places = laps[0]!.own.map((_, index) => placeNamed(`place-${index + 1}`));
  const environment = await startEnvironment({
    agent: agentPace,
    wire: wireTimes,
    // A worker that another agent leaves behind could end its short job while `shutdown` waits.
    systemd: agent === undefined ? systemdTimes : { ...systemdTimes, delayLockSeconds: 0 },
  });
  const controls = fleetControlsOf(environment);
  const jobs = createJobs(
    environment,
    places.map(({ fleet }) => fleet),
  );
  const surroundings = { environment, controls, jobs };
  let generation = 1;
  let played = 0;

  const up = async () => {
    await environment.configure((config) => {
      const fleets = places.map(({ fleet }) => [
        fleet,
        { runners: 1, labels: [fleet], generations: { 1: generation } },
      ]);
      config["longhaul:fleets"] = Object.fromEntries(fleets) as unknown;
      config["longhaul:smokeTest"] = { enabled: false };
    });
    await environment.up();
    takeMachines(environment, places);
    if (agent !== undefined)
      await Promise.all(places.map(({ machine }) => installAgent(environment, machine!, agent)));
  };
  const tell = () => {
    const { lost, ...counts } = jobs.count();
    const waiting = lost.filter(({ job }) => job.status !== "completed").length;
    say(
      `${played} of ${rounds} rounds: ${counts.jobs} jobs, ${counts.requeued} re-queued, ` +
        `${lost.length - waiting} lost, ${waiting} not over yet`,
    );
  };
  const playLap = async ({ own, end }: Lap) => {
    if (places.some(({ machine }) => machine === undefined)) await up();
    const playPlace = async (place: Place, index: number) => {
      for (const round of own[index]!) {
        await playOwnRound(surroundings, place, round);
        played++;
      }
    };
    await Promise.all(places.map(playPlace));
    tell();
    generation++;
    await playEngineRounds(surroundings, places, end, end.act === "replace" ? up : destroy);
    played += end.rounds.length;
    tell();
  };
  const destroy = async () => {
    await environment.destroy();
    for (const place of places) place.machine = undefined;
  };

  try {
    for (const lap of laps) await playLap(lap);
    const waiting = jobs.count().lost.filter(({ job }) => job.status !== "completed");
    if (waiting.length > 0) await up();
    await jobs.over(waiting, lastJobsLimitMs);
    const { lost, ...counts } = jobs.count();
    say(`${countReturns(environment)} times a machine had begun to leave and stayed for a possible job`);
    for (const job of lost) say(`LOST in ${job.story ?? storyOf(environment, job)}`);
    return { rounds: played, ...counts, lost: lost.length, seed };
  } finally {
    controls.close();
    await environment.close();
  }
}
