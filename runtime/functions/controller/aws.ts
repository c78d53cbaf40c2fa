import type { ControllerCall } from "../../../contract/controller-calls.ts";
import type { CallAws } from "../../aws/client.ts";

/** Calls what the controller may call, and nothing else. */
export type ControllerAws = CallAws<ControllerCall>;

/** The same for as long as it is wanted: no call begins after these milliseconds, or lasts longer, its retries included. */
export type ControllerAwsWithin = (limitMs: number) => ControllerAws;
