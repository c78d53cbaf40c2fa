import { Failure } from "./failure.ts";
import { isObject, parseObject } from "./json.ts";
import { printable } from "./printable.ts";

/**
 * A number is finite and not negative: one that is missing would make each comparison with it false. A `time` is a text
 * of a date and a time as JSON's writers have them. A `secret` is a text that no error quotes.
 */
type Kind = "text" | "time" | "secret" | "number" | "flag";

/**
 * What a value that travels as JSON must look like. A key that may be absent ends in `?`, `*` stands for any key, a list of
 * one shape holds any number of such items, and a longer one holds exactly these. A type without a shape, such as a choice
 * of words, does not compile; neither does a shape that lacks one of its type's keys.
 */
export type Shape<Value> = [Value] extends [string]
  ? string extends Value
    ? "text" | "time" | "secret"
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

/** How an error speaks of a value that has not its shape. */
interface ShapeWords {
  /** What the value is, as the beginning of a sentence. */
  subject: string;
  /** What a reader of the error can do, as a sentence. */
  remedy: string;
}

/**
 * The value in a JSON text. Keys that the shape does not know are left as they are: a later program may have written them.
 *
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function parseShape<Value>(text: string, shape: Shape<Value>, words: ShapeWords): Value {
  const value = parseObject(text);
  if (!value) throw new Failure(`${words.subject} is not a JSON object. ${words.remedy}`);
  return checkShape(value, shape, words);
}

/**
 * The same for a value that somebody else has parsed, such as the answer of a service.
 *
 * @throws {Failure} as {@link parseShape} does
 */
export function checkShape<Value>(value: unknown, shape: Shape<Value>, words: ShapeWords): Value {
  const faults = faultsOf(value, shape, []);
  if (faults.length > 0)
    throw new Failure(`${words.subject} cannot be used: ${faults.join(", ")}. ${words.remedy}`);
  return value as Value;
}

function faultsOf(value: unknown, shape: AnyShape, path: readonly string[]): string[] {
  const fault = (wanted: string, shown = shownValue(value)) => {
    const name = path.join(".") || "it";
    return [value === undefined ? `${name} is missing` : `${name} must be ${wanted} and is ${shown}`];
  };
  if (typeof shape === "string") {
    const { isRight, wanted } = kinds[shape];
    if (isRight(value)) return [];
    return shape === "secret" ? fault(wanted, "something else") : fault(wanted);
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return fault("a list");
    if (shape.length > 1 && value.length !== shape.length)
      return fault(`a list of ${shape.length}`, `one of ${value.length}`);
    return value.flatMap((item, index) =>
      faultsOf(item, shape[index] ?? shape[0]!, [...path, String(index)]),
    );
  }
  if (!isObject(value)) return fault("an object");
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

const kinds: Readonly<Record<Kind, { isRight: (value: unknown) => boolean; wanted: string }>> = {
  text: { isRight: isText, wanted: "a text" },
  time: { isRight: (value) => isText(value) && !Number.isNaN(Date.parse(value)), wanted: "a time" },
  secret: { isRight: isText, wanted: "a text" },
  number: {
    isRight: (value) => Number.isFinite(value) && (value as number) >= 0,
    wanted: "a number from 0 up",
  },
  flag: { isRight: (value) => typeof value === "boolean", wanted: "true or false" },
};

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Characters of a text that an error quotes. */
const shownLength = 60;

/** What stands there instead, short enough for a line of a log. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return "an object";
  if (!isText(value)) return String(value);
  const text = printable(value);
  return text.length > shownLength ? `"${text.slice(0, shownLength)}…"` : `"${text}"`;
}
