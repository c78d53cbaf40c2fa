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
  /** Whether to wait for an entry, because it can be removed in a moment. */
  awaits: (entry: JudgedEntry) => boolean;
  /** Called for each entry after it is removed. */
  removed?: (entry: JudgedEntry) => void;
}

/**
 * Removes the entries at GitHub of a fleet's machines that are gone, and no
 * others: when an entry is removed, GitHub cancels the runner's job.
 *
 * @returns the entries that are left without a living machine
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
