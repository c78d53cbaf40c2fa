import type { ControllerCall } from "../../../contract/controller-calls.ts";
import { awsClient } from "../../aws/client.ts";
import type { AwsClientOptions, CallAws, ServiceOf } from "../../aws/client.ts";

/** Calls what the controller may call, and nothing else. */
export type ControllerAws = CallAws<ControllerCall>;

/** The same for as long as it is wanted: no call begins after these milliseconds, or lasts longer, its retries included. */
export type ControllerAwsWithin = (limitMs: number) => ControllerAws;

/** @param elapsed milliseconds of a clock that nobody sets */
export function controllerAws(
  options: Omit<AwsClientOptions<ServiceOf<ControllerCall>>, "leftMs">,
  elapsed: () => number,
): ControllerAwsWithin {
  return (limitMs) => {
    const end = elapsed() + limitMs;
    return awsClient<ControllerCall>({ ...options, leftMs: () => end - elapsed() });
  };
}
