import type { ControllerCall } from "../../../contract/controller-calls.ts";
import type { CallAws } from "../../aws/client.ts";

/** Calls what the controller may call, and nothing else. */
export type ControllerAws = CallAws<ControllerCall>;
