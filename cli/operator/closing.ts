import { parseOverrideSetting } from "../../contract/override.ts";
import type { OverrideEdit } from "./change-override.ts";
import { closed, closedAlone, reopened } from "./override-text.ts";

const closingReason = "longhaul drain: the fleet is being deleted";

/** Whether a fleet is closing is one value, beside the overrides. */
const place: Pick<OverrideEdit, "places" | "at"> = {
  places: () => ["closing"],
  at: (text) => parseOverrideSetting(text)?.closing,
};

/** Lets a fleet's machines leave once their jobs have ended. */
export const closing: OverrideEdit = {
  ...place,
  apply: (text, _, now) => closed(text, closingReason, now),
  // Overrides may be dropped: a machine of a closing fleet retires whatever they say.
  whenTooLong: () => closedAlone(closingReason),
};

/** Takes the closing back, so that the machines stay. */
export const reopening: OverrideEdit = {
  ...place,
  apply: (text, _, now) => reopened(text, now),
};
