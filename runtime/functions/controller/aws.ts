import type { ControllerCall } from "../../../contract/controller-calls.ts";
import { awsClient } from "../../aws/client.ts";
import type { AwsClientOptions, CallAws, ServiceOf } from "../../aws/client.ts";

/** Calls the actions that the controller may call, and no others. */
export type ControllerAws = CallAws<ControllerCall>;

/** The same with a time limit: no call begins later, or lasts longer, including its retries. */
export type ControllerAwsWithin = (limitMs: number) => ControllerAws;

/** @param elapsed milliseconds of a monotonic clock */
export function controllerAws(
  options: Omit<AwsClientOptions<ServiceOf<ControllerCall>>, "leftMs">,
  elapsed: () => number,
): ControllerAwsWithin {
  return (limitMs) => {
    const end = elapsed() + limitMs;
    return awsClient<ControllerCall>({ ...options, leftMs: () => end - elapsed() });
  };
}
