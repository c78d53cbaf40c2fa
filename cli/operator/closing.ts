import { parseOperator } from "../../contract/operator.ts";
import type { OperatorEdit } from "./change-operator.ts";
import { closed, closedAlone, reopened } from "./operator-text.ts";

const closingReason = "longhaul drain: the fleet is being deleted";

/** Whether a fleet is closing stands in one place, beside the overrides. */
const place: Pick<OperatorEdit, "places" | "at"> = {
  places: () => ["closing"],
  at: (text) => parseOperator(text)?.closing,
};

/** Makes a fleet's machines leave when their jobs have ended. */
export const closing: OperatorEdit = {
  ...place,
  apply: (text, _, now) => closed(text, closingReason, now),
  // A machine that is to retire does so whatever the overrides say.
  whenTooLong: () => closedAlone(closingReason),
};

/** Lets them stay after all. */
export const reopening: OperatorEdit = {
  ...place,
  apply: (text, _, now) => reopened(text, now),
};
