import { Failure } from "./failure.ts";
import { isObject, parseObject } from "./json.ts";

/** A number is finite and not negative: one that is missing would make each comparison with it false. */
type Kind = "text" | "number" | "flag";

/**
 * What a value that travels as JSON must look like. A key that may be absent ends in `?`, `*` stands for any key, a list of
 * one shape holds any number of such items, and a longer one holds exactly these. A type without a shape, such as a choice
 * of words, does not compile; neither does a shape that lacks one of its type's keys.
 */
export type Shape<Value> = [Value] extends [string]
  ? string extends Value
    ? "text"
    : never
  : [Value] extends [number]
    ? "number"
    : [Value] extends [boolean]
      ? "flag"
      : Value extends readonly unknown[]
        ? number extends Value["length"]
          ? readonly [Shape<Value[number]>]
          : { [Index in keyof Value]: Shape<Value[Index]> }
        : string extends keyof Value
          ? { "*": Shape<Value[keyof Value]> }
          : {
              [Key in keyof Value & string as undefined extends Value[Key] ? `${Key}?` : Key]-?: Shape<
                Exclude<Value[Key], undefined>
              >;
            };

type AnyShape = Kind | readonly AnyShape[] | { readonly [key: string]: AnyShape };

/**
 * The value in a JSON text. Keys that the shape does not know are left as they are: a later program may have written them.
 *
 * @param subject what the text is, as the beginning of a sentence
 * @param remedy what a reader of the error can do
 * @throws naming each value that is missing or of another kind
 */
export function parseShape<Value>(
  text: string,
  shape: Shape<Value>,
  { subject, remedy }: { subject: string; remedy: string },
): Value {
  const value = parseObject(text);
  if (!value) throw new Failure(`${subject} is no JSON object.`);
  const faults = faultsOf(value, shape, []);
  if (faults.length > 0) throw new Failure(`${subject} cannot be used: ${faults.join(", ")}. ${remedy}`);
  return value as Value;
}

function faultsOf(value: unknown, shape: AnyShape, path: readonly string[]): string[] {
  const name = path.join(".");
  if (typeof shape === "string") return isOfKind(value, shape) ? [] : [`${name} is no ${shape}`];
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${name} is no list`];
    if (shape.length > 1 && value.length !== shape.length) return [`${name} is no list of ${shape.length}`];
    return value.flatMap((item, index) =>
      faultsOf(item, shape[index] ?? shape[0]!, [...path, String(index)]),
    );
  }
  if (!isObject(value)) return [`${name} is no object`];
  return Object.entries(shape).flatMap(([key, inner]) => {
    if (key === "*") return Object.keys(value).flatMap((any) => faultsOf(value[any], inner, [...path, any]));
    const mayBeAbsent = key.endsWith("?");
    const own = mayBeAbsent ? key.slice(0, -1) : key;
    return mayBeAbsent && value[own] === undefined ? [] : faultsOf(value[own], inner, [...path, own]);
  });
}

function isList(shape: AnyShape): shape is readonly AnyShape[] {
  return Array.isArray(shape);
}

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return Number.isFinite(value) && (value as number) >= 0;
    case "flag":
      return typeof value === "boolean";
  }
}
