import { pieces } from "../../../contract/pieces.ts";
import type { CallAws } from "../../aws/client.ts";
import { AwsError } from "../../aws/error.ts";
import { isCapacity, isRetryable, isThrottling } from "../../aws/retry.ts";
import type { Spare } from "./demand.ts";

export interface StartOutcome<Start extends Spare> {
  /** Machines that EC2 has agreed to start, including spares, each with the purpose of its start. */
  started: Start[];
  failed: StartFailure[];
}

export interface StartFailure {
  instanceId: string;
  fleet: string;
  /** EC2's error code, for example `InsufficientInstanceCapacity`. */
  code: string;
  message: string;
  /** EC2 may have started it all the same: there was no answer, or an internal error of AWS. */
  mayHaveStarted: boolean;
}

/**
 * Ids in one call. EC2's bucket holds 1,000 starts and refills by two each second
 * (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html), so
 * a call with more ids would always be refused. Ids that are refused are tried
 * again by the next call of the controller.
 */
export const idsPerCall = 500;

/**
 * Starts machines that EC2 describes as stopped, as many as possible in one call,
 * because EC2 allows few calls and many ids. One machine that cannot be started
 * fails the whole call. So after an error the ids are divided, by zone and then
 * in halves, until that one is alone: for hundreds of machines that takes a few
 * calls. If capacity may be missing, one machine of each zone is tried first.
 * Each machine that is refused is replaced by another one of its fleet, in a zone
 * that has capacity. Errors that need time (throttling, no answer) or people
 * (permissions) are left to the next call of the controller.
 *
 * @throws whatever is no refusal by EC2
 */
export async function startMachines<Start extends Spare>(
  { starts, spares }: { starts: readonly Start[]; spares: readonly Spare[] },
  call: CallAws<"ec2:StartInstances">,
): Promise<StartOutcome<Start>> {
  const outcome: StartOutcome<Start> = { started: [], failed: [] };
  const left = [...spares];
  /** Places where EC2 had no capacity. */
  const exhausted = new Map<string, AwsError>();
  const groups: Group<Start>[] = pieces(starts, idsPerCall).map((machines) => ({
    machines,
    isProbed: false,
  }));

  for (let group = groups.shift(); group; group = groups.shift()) {
    const { machines, isProbed } = group;
    const open = machines.filter((one) => !exhausted.has(placeOf(one)));
    replace(machines.filter((one) => exhausted.has(placeOf(one))));
    if (open.length === 0) continue;
    const refusal = await start(open, call);
    if (!refusal) {
      outcome.started.push(...open);
    } else if (isForAll(refusal)) {
      outcome.failed.push(...open.map((one) => failureOf(one, refusal, mayHaveDone(refusal))));
      const others = groups.flatMap(({ machines: rest }) => rest);
      outcome.failed.push(...others.map((one) => failureOf(one, refusal)));
      return outcome;
    } else if (open.length > 1) {
      groups.unshift(...(isCapacity(refusal.code) && !isProbed ? probe(open) : divide(open, isProbed)));
    } else {
      if (isCapacity(refusal.code)) exhausted.set(placeOf(open[0]!), refusal);
      replace(open, refusal);
    }
  }
  return outcome;

  /** Other machines of the fleets for the same purposes. @param refusal absent: the one of their places */
  function replace(refused: readonly Start[], refusal?: AwsError): void {
    const others = refused.flatMap((one) => {
      outcome.failed.push(failureOf(one, refusal ?? exhausted.get(placeOf(one))!));
      const index = left.findIndex((spare) => spare.fleet === one.fleet && !exhausted.has(placeOf(spare)));
      return index < 0 ? [] : [{ ...one, ...left.splice(index, 1)[0]! }];
    });
    if (others.length > 0) groups.push({ machines: others, isProbed: true });
  }
}

/** The unit of capacity: a fleet has one instance type. */
function placeOf({ fleet, availabilityZone }: Spare): string {
  return `${fleet} ${availabilityZone}`;
}

/** The ids of one call. */
interface Group<Start> {
  machines: readonly Start[];
  /** One machine of each of its places has shown whether there is capacity. */
  isProbed: boolean;
}

/** One machine of each place in a call of its own, and then all others. */
function probe<Start extends Spare>(machines: readonly Start[]): Group<Start>[] {
  const probes = [...byPlace(machines).values()].map(([first]) => first!);
  const rest = machines.filter((one) => !probes.includes(one));
  return [...probes.map((one) => [one]), rest].map((each) => ({ machines: each, isProbed: true }));
}

/** A group for each place, or the halves if there is only one. */
function divide<Start extends Spare>(machines: readonly Start[], isProbed: boolean): Group<Start>[] {
  const places = [...byPlace(machines).values()];
  const half = Math.ceil(machines.length / 2);
  const parts = places.length > 1 ? places : [machines.slice(0, half), machines.slice(half)];
  return parts.map((each) => ({ machines: each, isProbed }));
}

function byPlace<Start extends Spare>(machines: readonly Start[]): Map<string, Start[]> {
  const places = new Map<string, Start[]>();
  for (const one of machines) {
    const others = places.get(placeOf(one));
    if (others) others.push(one);
    else places.set(placeOf(one), [one]);
  }
  return places;
}

async function start(
  machines: readonly Spare[],
  call: CallAws<"ec2:StartInstances">,
): Promise<AwsError | undefined> {
  try {
    await call("ec2:StartInstances", { InstanceId: machines.map(({ instanceId }) => instanceId) });
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

/** True if EC2 would refuse any other machine in the same way. */
function isForAll({ status, code }: AwsError): boolean {
  return isRetryable(status, code) || code === "UnauthorizedOperation";
}

/** True if EC2 may have started the machines all the same: there was no answer, or it failed halfway. */
function mayHaveDone({ status, code }: AwsError): boolean {
  return (status === 0 || status >= 500) && !isThrottling(status, code);
}

function failureOf(
  { instanceId, fleet }: Spare,
  { code, message }: AwsError,
  mayHaveStarted = false,
): StartFailure {
  return { instanceId, fleet, code, message, mayHaveStarted };
}
