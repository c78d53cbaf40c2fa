import { parseOverrideSetting } from "../../contract/override.ts";
import type { OverrideEdit } from "./change-override.ts";
import { closed, closedAlone, reopened } from "./override-text.ts";

const closingReason = "longhaul drain: the fleet is being deleted";

/** Whether a fleet is closing stands in one place, beside the overrides. */
const place: Pick<OverrideEdit, "places" | "at"> = {
  places: () => ["closing"],
  at: (text) => parseOverrideSetting(text)?.closing,
};

/** Makes a fleet's machines leave when their jobs have ended. */
export const closing: OverrideEdit = {
  ...place,
  apply: (text, _, now) => closed(text, closingReason, now),
  // A machine that is to retire does so whatever the overrides say.
  whenTooLong: () => closedAlone(closingReason),
};

/** Lets them stay after all. */
export const reopening: OverrideEdit = {
  ...place,
  apply: (text, _, now) => reopened(text, now),
};
