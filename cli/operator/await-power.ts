import type { Power } from "../../contract/parameters.ts";
import { brieflyDescribe } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { pollUntil } from "../poll.ts";
import type { PollOptions } from "../poll.ts";
import type { Output } from "../terminal/output.ts";

export interface PowerWait extends Omit<PollOptions, "say"> {
  power: Power;
  output: Output;
  /** The machines as they are now, without those of which something else is wanted meanwhile. */
  look: () => Promise<ObservedMachine[]>;
  /** Whether GitHub can tell that a runner is online; where not, running has to do. */
  githubAsked: boolean;
}

/**
 * Waits until machines are as they are wished to be: asleep, or online at
 * GitHub. Each that was seen so once is done, whatever becomes of it.
 *
 * @returns those that are not, when the time is up
 */
export async function awaitPower(wait: PowerWait): Promise<ObservedMachine[]> {
  const { power, output, look, githubAsked, clock, limitMs } = wait;
  const done = new Set<string>();
  let left: ObservedMachine[] = [];
  await pollUntil(
    async () => {
      const machines = await look();
      for (const machine of machines) {
        if (hasArrived(machine, power, githubAsked)) done.add(machine.instanceId);
      }
      left = machines.filter(({ instanceId }) => !done.has(instanceId));
      if (left.length === 0) return true;
      output.progress(
        `${left.length} of ${machines.length} machine(s) not ${powerWords(power)} yet: ${left.map(brieflyDescribe).join(", ")}.`,
      );
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  return left;
}

/** GitHub's `busy` is not asked: nothing may be decided by it. */
export function hasArrived(
  { instanceState, entry }: ObservedMachine,
  power: Power,
  githubAsked: boolean,
): boolean {
  if (power === "off") return instanceState === "stopped" || instanceState === "terminated";
  return instanceState === "running" && (!githubAsked || entry?.online === true);
}

/** What a wish comes to, for sentences. */
export function powerWords(power: Power): string {
  return power === "off" ? "asleep" : "awake";
}
