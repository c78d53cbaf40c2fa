import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { addTally, newTally } from "./breaches.ts";
import type { Breach, Tally } from "./breaches.ts";
import { planOf } from "./plan.ts";
import { live } from "./schedule.ts";

/** The results of many schedules. */
export interface Summary {
  schedules: number;
  tally: Tally;
  broken: { seed: number; breach: Breach }[];
}

/** Seeds are whole numbers below this. Many schedules use consecutive seeds. */
export const seeds = 2 ** 32;

/** Number of schedules in one batch of a process. */
const batchSize = 1000;

export interface Batch {
  first: number;
  count: number;
}

export function liveBatch({ first, count }: Batch): Summary {
  const summary: Summary = { schedules: count, tally: newTally(), broken: [] };
  for (let index = 0; index < count; index++) {
    const seed = (first + index) % seeds;
    const [breach] = live(planOf(seed), { tally: summary.tally }).breaches;
    if (breach) summary.broken.push({ seed, breach });
  }
  return summary;
}

/**
 * Lives through many schedules on all cores. The broken ones are in the order
 * in which they were found.
 *
 * @param progress is called after each batch
 */
export async function liveMany(
  { first, count }: Batch,
  progress: (summary: Summary) => void = () => undefined,
): Promise<Summary> {
  const sum: Summary = { schedules: 0, tally: newTally(), broken: [] };
  let begun = 0;
  const nextBatch = (): Batch | undefined => {
    if (begun === count) return undefined;
    const batch = { first: (first + begun) % seeds, count: Math.min(batchSize, count - begun) };
    begun += batch.count;
    return batch;
  };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = fork(new URL("./worker.ts", import.meta.url), { execArgv: ["--import", "tsx"] });
      const goOn = () => {
        const batch = nextBatch();
        if (batch) worker.send(batch);
        else worker.disconnect();
      };
      worker.on("message", (summary: Summary) => {
        sum.schedules += summary.schedules;
        addTally(sum.tally, summary.tally);
        sum.broken.push(...summary.broken);
        progress(sum);
        goOn();
      });
      worker.once("error", reject);
      worker.once("exit", (code) => {
        if (code === 0) resolve();
        else reject(new Error(`A process that lives through schedules ended with ${code}.`));
      });
      goOn();
    });
  const workers = Math.min(availableParallelism(), Math.ceil(count / batchSize));
  await Promise.all(Array.from({ length: workers }, work));
  return sum;
}
