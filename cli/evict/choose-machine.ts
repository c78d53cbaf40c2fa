import { isGone } from "../../contract/instance-state.ts";
import { brieflyDescribe } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { BadUsage } from "../exit-codes.ts";
import { select } from "../fleet/select-runners.ts";

export interface EvictionFlags {
  runner?: string | undefined;
  /** An instance id. */
  machine?: string | undefined;
}

/**
 * The machine that the flags select; undefined if it is gone already.
 *
 * @param known runners of the configuration and of machines
 * @param machines all machines of the environment that EC2 describes, including terminated ones
 * @throws BadUsage if no machine is named, or the name is unknown
 */
export function chooseMachine(
  { runner, machine: instanceId }: EvictionFlags,
  known: readonly { fleet: string; runner: string }[],
  machines: readonly ObservedMachine[],
): ObservedMachine | undefined {
  if (runner === undefined && instanceId === undefined) {
    throw new BadUsage(
      "Which machine? Name its runner with --runner, or the machine itself with --machine i-….",
    );
  }
  if (runner !== undefined) select([...known, ...machines], { runners: [runner] });
  const ofRunner = machines.filter((each) => runner === undefined || each.runner === runner);
  if (instanceId !== undefined) {
    const found = ofRunner.find((each) => each.instanceId === instanceId);
    if (!found) throw new BadUsage(`${instanceId} is not a machine of ${runner ?? "this environment"}.`);
    return isThere(found) ? found : undefined;
  }
  const there = ofRunner.filter(isThere);
  if (there.length <= 1) return there[0];
  throw new BadUsage(
    [
      `${runner!} has ${there.length} machines: name one with --machine.`,
      ...there.map((each) => `  ${each.instanceId}: ${brieflyDescribe(each)}`),
    ].join("\n"),
  );
}

function isThere({ instanceState }: ObservedMachine): boolean {
  return !isGone(instanceState);
}
