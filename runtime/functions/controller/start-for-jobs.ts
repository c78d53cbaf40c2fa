import { pieces } from "../../../contract/pieces.ts";
import type { CallAws } from "../../aws/client.ts";
import { AwsError } from "../../aws/error.ts";
import { isCapacity, isRetryable, isThrottling } from "../../aws/retry.ts";
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
  /** There was no answer, or an error of AWS's own: EC2 may have started it all the same. */
  mayHaveStarted: boolean;
}

/**
 * Ids in one call. EC2 lets 1,000 be started at once and two more each second
 * (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html), so
 * a call with more than that would be refused for ever. What is refused of the
 * second thousand is asked for again at the next round.
 */
export const idsPerCall = 500;

/**
 * Starts machines that EC2 describes as stopped: as many as may be in one call,
 * because EC2 takes few calls and many ids. One machine that cannot be started fails them
 * all, so after an error they are divided, by zone and then in halves, until
 * that one is alone: of hundreds it takes some calls to find it, and not
 * hundreds. Where capacity is missing, one machine of each zone tells where. In
 * the place of what is refused comes another machine of the fleet, of a zone
 * that has capacity. What time (throttling, no answer) or people (permissions)
 * must mend is left to the next round.
 *
 * @throws whatever is no refusal of EC2's
 */
export async function startMachines<Start extends Spare>(
  { starts, spares }: { starts: readonly Start[]; spares: readonly Spare[] },
  call: CallAws<"ec2:StartInstances">,
): Promise<StartOutcome<Start>> {
  const outcome: StartOutcome<Start> = { started: [], failed: [] };
  const left = [...spares];
  /** What EC2 had no machine for. */
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

  /** Others of their fleets for the same purposes. @param refusal absent: that of their places */
  function replace(refused: readonly Start[], refusal?: AwsError): void {
    const others = refused.flatMap((one) => {
      outcome.failed.push(failureOf(one, refusal ?? exhausted.get(placeOf(one))!));
      const index = left.findIndex((spare) => spare.fleet === one.fleet && !exhausted.has(placeOf(spare)));
      return index < 0 ? [] : [{ ...one, ...left.splice(index, 1)[0]! }];
    });
    if (others.length > 0) groups.push({ machines: others, isProbed: true });
  }
}

/** What has or has not capacity: a fleet is of one instance type. */
function placeOf({ fleet, availabilityZone }: Spare): string {
  return `${fleet} ${availabilityZone}`;
}

/** What is asked for in one call. */
interface Group<Start> {
  machines: readonly Start[];
  /** One machine of each of its places has told whether there is capacity. */
  isProbed: boolean;
}

/** One machine of each place by itself, and then all others. */
function probe<Start extends Spare>(machines: readonly Start[]): Group<Start>[] {
  const probes = [...byPlace(machines).values()].map(([first]) => first!);
  const rest = machines.filter((one) => !probes.includes(one));
  return [...probes.map((one) => [one]), rest].map((each) => ({ machines: each, isProbed: true }));
}

/** A group for each place, or the halves where there is but one. */
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

/** Whether EC2 would say the same to any other machine. */
function isForAll({ status, code }: AwsError): boolean {
  return isRetryable(status, code) || code === "UnauthorizedOperation";
}

/** Whether EC2 may have done it all the same: there was no answer, or it failed in the middle. */
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
