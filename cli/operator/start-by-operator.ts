import { failedStartSentence } from "../../contract/failed-starts.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Instances } from "../clients/instances.ts";
import { ServiceError } from "../clients/service-error.ts";

export interface Started {
  started: ObservedMachine[];
  /** Machines that EC2 did not start, and its error message. */
  refused: { machine: ObservedMachine; why: string }[];
}

/**
 * Starts machines that EC2 described as stopped, in one call. If one of them
 * cannot be started, the whole call fails: a stopped instance is bound to its
 * zone, which may be full. The machines are then started one by one.
 */
export async function startByOperator(
  instances: Pick<Instances, "start" | "find">,
  machines: readonly ObservedMachine[],
): Promise<Started> {
  if (machines.length === 0) return { started: [], refused: [] };
  const problem = await refusal(() => instances.start(machines.map(({ instanceId }) => instanceId)));
  if (problem === undefined) return { started: [...machines], refused: [] };
  const result: Started = { started: [], refused: [] };
  for (const machine of machines) {
    const why = machines.length === 1 ? problem : await startOne(machine);
    if (why === undefined) result.started.push(machine);
    else result.refused.push({ machine, why });
  }
  return result;

  async function startOne({ instanceId }: ObservedMachine): Promise<string | undefined> {
    return refusal(async () => {
      const state = (await instances.find(instanceId))?.state;
      // The failed call may have started it after all.
      if (state === "pending" || state === "running") return;
      await instances.start([instanceId]);
    });
  }
}

/**
 * Machines that EC2 agreed to start and did not, among those that were started.
 *
 * @param started the machines as they were before the start
 * @param now the machines as they are now; one that EC2 still describes as before its start is left out
 */
export function notStartedAfterAll(
  started: readonly ObservedMachine[],
  now: readonly ObservedMachine[],
): Started["refused"] {
  const launchedBefore = new Map(started.map(({ instanceId, launchedAt }) => [instanceId, launchedAt]));
  return now.flatMap((machine) => {
    const { instanceId, launchedAt, failedStart } = machine;
    const isMeant = launchedBefore.has(instanceId) && launchedBefore.get(instanceId) !== launchedAt;
    return isMeant && failedStart ? [{ machine, why: failedStartSentence(failedStart) }] : [];
  });
}

/** AWS's error message when it refuses the call; undefined when it does not. */
async function refusal(call: () => Promise<void>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error.message;
    throw error;
  }
}
