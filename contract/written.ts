import { isObject } from "./json.ts";

declare const whole: unique symbol;

/** A value that {@link written} has made. The mark exists for the compiler alone. */
export type Whole<Value> = Value & { readonly [whole]: true };

/**
 * What a value that travels as JSON is written from. Each of its keys is named, also one that may be absent, at every
 * depth: a writer that forgets one does not compile. It says `undefined` where there is nothing to write.
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
