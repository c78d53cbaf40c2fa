import type { Breach } from "../model/breaches.ts";
import { liveMany } from "../model/many.ts";
import { describeBroken, formatSeed, parseSeed } from "../model/replay.ts";

/** The output of `npm run soak -- --model N --json`. */
export interface ModelReport {
  schedules: number;
  jobs: number;
  requeued: number;
  /**
   * Jobs that GitHub cancelled after three machines had left one after the other,
   * each as it was offered the job.
   */
  cancelled: number;
  lost: number;
  /** Number of schedules that broke another promise than the one about jobs, by its name. */
  broken: Partial<Record<Breach["kind"], number>>;
  seconds: number;
  seed: string;
}

/** Number of broken schedules that are described. */
const described = 3;
const sayEvery = 50_000;

/**
 * Lives through schedules of the model.
 *
 * @param say receives the progress, and descriptions of broken schedules
 * @throws when the seed is invalid
 */
export async function soakModel({
  schedules,
  seed,
  say,
}: {
  schedules: number;
  seed: string;
  say: (line: string) => void;
}): Promise<ModelReport> {
  const first = parseSeed(seed);
  if (first === undefined) throw new Error(`--seed takes up to eight hexadecimal digits; it is "${seed}".`);
  const started = performance.now();
  let saidAt = 0;
  const { tally, broken } = await liveMany({ first, count: schedules }, (sum) => {
    if (sum.schedules - saidAt < sayEvery) return;
    saidAt = sum.schedules;
    say(`${sum.schedules} schedules, ${sum.tally.jobs} jobs, ${sum.broken.length} broken`);
  });
  for (const one of broken.slice(0, described)) say(describeBroken(one.seed));
  const { lost = 0, ...others } = countByKind(broken.map(({ breach }) => breach));
  return {
    schedules,
    jobs: tally.jobs,
    requeued: tally.requeued,
    cancelled: tally.cancelledByUs,
    lost,
    broken: others,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    seed: formatSeed(first),
  };
}

function countByKind(breaches: readonly Breach[]): Partial<Record<Breach["kind"], number>> {
  const counts: Partial<Record<Breach["kind"], number>> = {};
  for (const { kind } of breaches) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
