import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { EmulatedAwsError } from "./errors.ts";

/** Something that goes wrong on purpose. */
export interface Fault {
  /**
   * Where it goes wrong: an API action, `ec2:StartInstances` (the provider's
   * resources go through the actions they call, so `ec2:RunInstances` affects
   * `up` as well); `machine:PowerDown`, EC2's notice that a machine has gone
   * down; `machine:Appear`, the moment from which DescribeInstances knows a new
   * machine; or `machine:Start`, the result of a launch or start that EC2 has
   * accepted.
   */
  action: string;
  /** How often; default once. */
  times?: number;
  /**
   * AWS error code that the call fails with, for example `RequestLimitExceeded`
   * or `InsufficientInstanceCapacity`. For `machine:Start`: the code of the state
   * reason with which the machine stops again while it is pending, for example
   * `Client.InternalError`.
   */
  error?: string;
  /** Delay of the call or the event, in milliseconds of the cloud's clock. */
  delayMs?: number;
  /** The call is held until this promise is fulfilled. */
  until?: Promise<unknown>;
  /** The event is lost. Only for `machine:PowerDown`. */
  drop?: boolean;
  /**
   * The call is carried out, but the caller gets an error instead of the answer.
   * Only for the provider's `ec2:RunInstances`.
   */
  answerLost?: boolean;
}

export interface Faults {
  /**
   * Arms a fault, and returns a function that disarms it. Several faults for one
   * action occur in the order in which they were added.
   */
  add(fault: Fault): () => void;
  /** Takes the next fault for an action, and counts it as used once; undefined when there is none. */
  take(action: string): Fault | undefined;
  /** Waits and throws as the next fault for an action says. Returns a fault that asks for more than that. */
  meet(action: string): Promise<Fault | undefined>;
}

/** HTTP status of the codes that are not the client's fault; all others have 400. */
const serverErrors: Record<string, number> = {
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  Unavailable: 503,
  InternalError: 500,
  InternalFailure: 500,
  InternalServerError: 500,
  InsufficientInstanceCapacity: 500,
};

export function createFaults(clock: Clock): Faults {
  const armed: { fault: Fault; left: number }[] = [];

  const take = (action: string): Fault | undefined => {
    const next = armed.find(({ fault, left }) => fault.action === action && left > 0);
    if (next) next.left -= 1;
    return next?.fault;
  };

  return {
    add: (fault) => {
      const entry = { fault, left: fault.times ?? 1 };
      armed.push(entry);
      return () => {
        entry.left = 0;
      };
    },
    take,
    meet: async (action) => {
      const fault = take(action);
      await fault?.until;
      if (fault?.delayMs) await sleep(fault.delayMs / clock.factor, undefined, { ref: false });
      if (fault?.error) {
        throw new EmulatedAwsError(
          fault.error,
          `a fault armed for ${action}`,
          serverErrors[fault.error] ?? 400,
        );
      }
      return fault;
    },
  };
}
