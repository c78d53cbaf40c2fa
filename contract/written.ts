import { isObject } from "./json.ts";

declare const whole: unique symbol;

/** A value that {@link written} has made. Only the compiler sees the mark. */
export type Whole<Value> = Value & { readonly [whole]: true };

/**
 * The input of a writer of JSON. Each key must be named at every depth, also an optional one, with `undefined` if there
 * is nothing to write. So a writer that forgets a key does not compile.
 */
export type Written<Value> = Value extends readonly (infer Item)[]
  ? readonly Written<Item>[]
  : Value extends object
    ? string extends keyof Value
      ? Value
      : { [Key in keyof Required<Value>]: Written<Value[Key]> } | Whole<Value>
    : Value;

/** The value as a reader finds it: a key that is undefined is absent, as in its JSON. */
export function written<Value>(value: Written<Value>): Whole<Value> {
  return withoutUndefined(value) as Whole<Value>;
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isObject(value)) return value;
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(present.map(([key, inner]) => [key, withoutUndefined(inner)]));
}
