import { InvalidArgumentError } from "commander";

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
