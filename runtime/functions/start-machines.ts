import type { CallAws } from "../aws/client.ts";
import { AwsError } from "../aws/error.ts";
import { isRetryable } from "../aws/retry.ts";
import type { Spare } from "./demand.ts";

export interface StartOutcome<Start extends Spare> {
  /** Machines that EC2 has taken the start of, spares among them, each with what it was started for. */
  started: Start[];
  failed: StartFailure[];
}

export interface StartFailure {
  instanceId: string;
  fleet: string;
  /** EC2's, for example `InsufficientInstanceCapacity`. */
  code: string;
  message: string;
}

/**
 * Starts machines that EC2 describes as stopped: all in one call, because EC2
 * takes few calls and many ids. One machine that cannot be started fails them
 * all, so after an error they are started one by one, and where a zone has no
 * capacity, another machine of the fleet in another zone. What only time can
 * mend (throttling, no answer) is left to the next round.
 *
 * @throws whatever is no refusal of EC2's
 */
export async function startMachines<Start extends Spare>(
  { starts, spares }: { starts: readonly Start[]; spares: readonly Spare[] },
  call: CallAws<"ec2:StartInstances">,
): Promise<StartOutcome<Start>> {
  if (starts.length === 0) return { started: [], failed: [] };
  const refusal = await start(
    starts.map(({ instanceId }) => instanceId),
    call,
  );
  if (!refusal) return { started: [...starts], failed: [] };
  if (isRetryable(refusal.status, refusal.code)) {
    return { started: [], failed: starts.map((one) => failureOf(one, refusal)) };
  }
  return startSingly(starts, spares, call, starts.length === 1 ? refusal : undefined);
}

/** @param known EC2's answer for the first machine, where it was alone in the first call */
async function startSingly<Start extends Spare>(
  starts: readonly Start[],
  spares: readonly Spare[],
  call: CallAws<"ec2:StartInstances">,
  known: AwsError | undefined,
): Promise<StartOutcome<Start>> {
  const outcome: StartOutcome<Start> = { started: [], failed: [] };
  const left = [...spares];
  /** By fleet and zone, because a fleet is of one instance type: what EC2 had no machine for. */
  const exhausted = new Map<string, AwsError>();
  const place = ({ fleet, availabilityZone }: Spare) => `${fleet} ${availabilityZone}`;
  let answer = known;

  for (const [index, first] of starts.entries()) {
    let one: Start | undefined = first;
    while (one) {
      const before = exhausted.get(place(one));
      const refusal = answer ?? before ?? (await start([one.instanceId], call));
      answer = undefined;
      if (!refusal) {
        outcome.started.push(one);
        break;
      }
      if (isRetryable(refusal.status, refusal.code)) {
        outcome.failed.push(...[one, ...starts.slice(index + 1)].map((rest) => failureOf(rest, refusal)));
        return outcome;
      }
      outcome.failed.push(failureOf(one, refusal));
      if (!isCapacity(refusal.code)) break;
      exhausted.set(place(one), refusal);
      one = takeSpare(one);
    }
  }
  return outcome;

  /** Another machine of the fleet for the same purpose, in a zone that has not refused one. */
  function takeSpare(failed: Start): Start | undefined {
    const index = left.findIndex((spare) => spare.fleet === failed.fleet && !exhausted.has(place(spare)));
    return index < 0 ? undefined : { ...failed, ...left.splice(index, 1)[0]! };
  }
}

async function start(
  instanceIds: readonly string[],
  call: CallAws<"ec2:StartInstances">,
): Promise<AwsError | undefined> {
  try {
    await call("ec2:StartInstances", { InstanceId: instanceIds });
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

function isCapacity(code: string): boolean {
  return /^Insufficient\w*Capacity$/.test(code);
}

function failureOf({ instanceId, fleet }: Spare, { code, message }: AwsError): StartFailure {
  return { instanceId, fleet, code, message };
}
