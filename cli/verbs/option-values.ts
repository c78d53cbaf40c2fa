import { printable } from "../../contract/printable.ts";
import { InvalidArgumentError } from "commander";
import { BadUsage } from "../exit-codes.ts";

/** A number above zero, for options that count minutes or seconds. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number above zero.");
}

/** A whole number from one, for options that count things. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number from 1.");
}

const longestReason = 200;

/** @throws BadUsage for a reason that would not fit into one line of a table */
export function checkReason(reason: string | undefined): void {
  if (reason !== undefined && (reason.length > longestReason || printable(reason) !== reason)) {
    throw new BadUsage(`--reason takes one line of at most ${longestReason} characters.`);
  }
}
