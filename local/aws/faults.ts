import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { EmulatedAwsError } from "./errors.ts";

/** Something that goes wrong on purpose. */
export interface Fault {
  /**
   * Where: an API action, `ec2:StartInstances` (the provider's resources go
   * through the actions they call, so `ec2:RunInstances` meets `up` as well);
   * `machine:PowerDown`, EC2's notice that a machine has gone down;
   * `machine:Appear`, the moment from which DescribeInstances knows a new one; or
   * `machine:Start`, what comes of a launch or start after EC2 has said yes.
   */
  action: string;
  /** How often; default once. */
  times?: number;
  /**
   * AWS error code that the call fails with, for example `RequestLimitExceeded` or `InsufficientInstanceCapacity`.
   * For `machine:Start` the code of the state reason with which the machine goes back from pending: `Client.InternalError`.
   */
  error?: string;
  /** Milliseconds of the cloud's clock that the call, or the event, is late. */
  delayMs?: number;
  /** The call is held until this is fulfilled. */
  until?: Promise<unknown>;
  /** The event is lost. Only for `machine:PowerDown`. */
  drop?: boolean;
  /** The call is carried out, and whoever made it gets an error instead of the answer. Only for the provider's `ec2:RunInstances`. */
  answerLost?: boolean;
}

export interface Faults {
  /** Arms a fault; the result takes it back. Several for one action are met in the order they were added. */
  add(fault: Fault): () => void;
  /** The next fault for an action, used up by one; undefined when all is well. */
  take(action: string): Fault | undefined;
  /** Waits and throws as the next fault for an action says; gives back one that says more. */
  meet(action: string): Promise<Fault | undefined>;
}

/** HTTP status of the codes that are no client's fault; all others are 400. */
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
