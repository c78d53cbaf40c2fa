import { isObject } from "../../contract/json.ts";
import { EmulatedAwsError } from "./errors.ts";

/** Parameters of a call, decoded from its protocol: lists are arrays, values are text or JSON's. */
export type Input = Readonly<Record<string, unknown>>;

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

export function text(input: Input, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined || value === "") {
    throw new EmulatedAwsError("MissingParameter", `The request must contain the parameter ${name}`);
  }
  return value;
}

export function flag(input: Input, name: string): boolean | undefined {
  const value = optionalText(input, name);
  return value === undefined ? undefined : value === "true";
}

export function number(input: Input, name: string): number | undefined {
  const value = optionalText(input, name);
  return value === undefined ? undefined : Number(value);
}

/** A time in milliseconds since the epoch, from ISO 8601 text (query protocol) or seconds (JSON). */
export function time(input: Input, name: string): number | undefined {
  const value = input[name];
  if (typeof value === "number") return value * 1000;
  return typeof value === "string" ? Date.parse(value) : undefined;
}

export function texts(input: Input, name: string): string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}

export function record(input: Input, name: string): Input | undefined {
  const value = input[name];
  return isObject(value) ? value : undefined;
}

export function records(input: Input, name: string): Input[] {
  const value = input[name];
  return Array.isArray(value) ? (value as Input[]) : [];
}

/** Tags in the form that every service's API takes: a list of keys and values. */
export function tagsOf(input: Input, name: string): Record<string, string> {
  return Object.fromEntries(
    records(input, name).map((tag) => [text(tag, "Key"), optionalText(tag, "Value") ?? ""]),
  );
}

/**
 * Tags in the form that the provider's resources take. This is a copy, because
 * instances change their own tags.
 */
export function tagMap(inputs: Input): Record<string, string> {
  return { ...(inputs.tags as Record<string, string> | undefined) };
}
