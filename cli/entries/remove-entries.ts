import type { Runners } from "../clients/runners.ts";
import type { Clock } from "../clock.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";
import { judgeEntries } from "./judge-entries.ts";
import type { EntryLook } from "./judge-entries.ts";
import { whyItIsGone } from "./judge-entry.ts";
import type { JudgedEntry } from "./judge-entry.ts";

/** GitHub shows a runner online for a while after its machine has gone, and a machine takes a while to go. */
const goneWithinMs = 180_000;

export interface EntryRemoval extends Omit<EntryLook, "clock"> {
  runners: Runners;
  clock: Clock;
  output: Output;
  /** Whether an entry is worth waiting for, because it will be one to remove in a moment. */
  awaits: (entry: JudgedEntry) => boolean;
  /** Told of each entry once it is removed. */
  removed?: (entry: JudgedEntry) => void;
}

/**
 * Removes the entries at GitHub of a fleet's machines that are gone, and of no
 * others: GitHub cancels the job of a runner whose entry is removed.
 *
 * @returns what is left and has no living machine
 * @throws ServiceError when EC2 or GitHub does not answer
 */
export async function removeEntries({
  runners,
  output,
  awaits,
  removed,
  ...look
}: EntryRemoval): Promise<JudgedEntry[]> {
  let left: JudgedEntry[] = [];
  await pollUntil(
    async () => {
      const judged = await judgeEntries(await runners.list(), look);
      for (const each of judged.filter(({ fate }) => fate === "gone")) {
        await runners.remove(each.entry);
        output.say(`The entry ${each.entry.name} was removed: ${whyItIsGone(each)}.`);
        removed?.(each);
      }
      left = judged.filter(({ fate }) => fate !== "gone");
      const awaited = left.filter(awaits);
      if (awaited.length === 0) return true;
      output.progress(`Waiting for GitHub to notice that ${awaited.length} machine(s) are gone.`);
      return undefined;
    },
    { clock: look.clock, limitMs: goneWithinMs, say: output.say },
  );
  return left.filter(({ fate }) => fate !== "living" && fate !== "foreign");
}
