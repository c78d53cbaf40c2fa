import type { Power } from "../../contract/parameters.ts";
import { brieflyDescribe } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { pollUntil } from "../poll.ts";
import type { PollOptions } from "../poll.ts";
import type { Output } from "../terminal/output.ts";

export interface PowerWait extends Omit<PollOptions, "say"> {
  power: Power;
  output: Output;
  /** The machines as they are now, without those that have another desired state by now. */
  look: () => Promise<ObservedMachine[]>;
  /** Whether GitHub can be asked if a runner is online. If not, a running instance counts as awake. */
  githubAsked: boolean;
}

/**
 * Waits until machines have reached the desired power: asleep, or online at
 * GitHub. A machine that reached it once counts as done, even if it changes
 * again.
 *
 * @returns the machines that have not reached it when the time is up
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
        `${left.length} of ${machines.length} machine(s) are not ${powerWords(power)} yet: ${left.map(brieflyDescribe).join(", ")}.`,
      );
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  return left;
}

/** GitHub's `busy` is not read: no decision may rest on it. */
export function hasArrived(
  { instanceState, entry }: ObservedMachine,
  power: Power,
  githubAsked: boolean,
): boolean {
  if (power === "off") return instanceState === "stopped" || instanceState === "terminated";
  return instanceState === "running" && (!githubAsked || entry?.online === true);
}

/** The power as an adjective, for messages. */
export function powerWords(power: Power): string {
  return power === "off" ? "asleep" : "awake";
}
