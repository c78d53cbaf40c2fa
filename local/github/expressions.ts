import { Failure } from "../../contract/failure.ts";

/**
 * The expressions that GitHub itself evaluates before a runner sees a job:
 * `run-name`, `runs-on`, `timeout-minutes`, a job's `name` and `if`. A subset
 * of the language; everything inside a job is evaluated by the runner.
 */

export type Value = string | number | boolean | null | undefined | Value[] | { [key: string]: Value };
export type Contexts = Readonly<Record<string, Value>>;
type Functions = Readonly<Record<string, (...values: Value[]) => Value>>;

/** Evaluates the `${{ … }}` in a text. A text that is a single expression keeps the expression's type. */
export function interpolate(text: string, contexts: Contexts): Value {
  const whole = /^\$\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text.trim());
  if (whole) return evaluate(whole[1]!, contexts);
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, inner: string) => asText(evaluate(inner, contexts)));
}

/**
 * Evaluates one expression, without the braces.
 *
 * @param status functions such as `success()`, where they have a meaning
 * @throws Error for anything outside the subset
 */
export function evaluate(text: string, contexts: Contexts, status: Functions = {}): Value {
  const tokens = text.match(/'(?:[^']|'')*'|\d+(?:\.\d+)?|[A-Za-z_][\w-]*|&&|\|\||[=!]=|\S/g) ?? [];
  const fail = (what: string) => new Failure(`${what} in the expression "${text.trim()}"`);
  let at = 0;
  const take = (wanted: string) => tokens[at] === wanted && ++at > 0;
  const expect = (wanted: string) => {
    if (!take(wanted)) throw fail(`expected ${wanted}, found ${tokens[at] ?? "the end"}`);
  };
  const args = (): Value[] => {
    const values: Value[] = [];
    while (!take(")")) {
      if (values.length > 0) expect(",");
      values.push(either());
    }
    return values;
  };
  const operand = (): Value => {
    const token = tokens[at++];
    if (token === undefined) throw fail("an operand is missing");
    if (token === "!") return !isTrue(operand());
    if (token === "(") {
      const value = either();
      expect(")");
      return value;
    }
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^(\d|true$|false$|null$)/.test(token)) return JSON.parse(token) as Value;
    if (take("(")) {
      const call = status[token] ?? builtIn[token.toLowerCase()];
      if (!call) throw fail(`the local GitHub does not know the function ${token}()`);
      return path(call(...args()));
    }
    if (!(token in contexts)) throw fail(`Unrecognized named-value: '${token}'`);
    return path(contexts[token]);
  };
  const path = (value: Value): Value => {
    if (take(".")) return path(member(value, tokens[at++] ?? ""));
    if (!take("[")) return value;
    const key = asText(either());
    expect("]");
    return path(member(value, key));
  };
  const equality = (): Value => {
    const left = operand();
    if (take("==")) return areEqual(left, operand());
    return take("!=") ? !areEqual(left, operand()) : left;
  };
  const both = (): Value => {
    let value = equality();
    while (take("&&")) {
      const right = equality();
      value = isTrue(value) ? right : value;
    }
    return value;
  };
  const either = (): Value => {
    let value = both();
    while (take("||")) {
      const right = both();
      value = isTrue(value) ? value : right;
    }
    return value;
  };

  const value = either();
  if (at < tokens.length) throw fail(`unexpected ${tokens[at]!}`);
  return value;
}

/** false, 0, the empty text and null are false. */
export const isTrue = (value: Value): boolean => Boolean(value);

/** A value as GitHub writes it into a text. */
export function asText(value: Value): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
}

const builtIn: Functions = {
  fromjson: (text) => JSON.parse(asText(text)) as Value,
  tojson: (value) => JSON.stringify(value, null, 2),
  format: (pattern, ...values) =>
    asText(pattern).replace(/\{(\d+)\}/g, (_, index: string) => asText(values[Number(index)])),
};

function member(value: Value, key: string): Value {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

/** Texts are compared without regard to case; values of different types are compared as numbers. */
function areEqual(left: Value, right: Value): boolean {
  if (typeof left === "string" && typeof right === "string")
    return left.toLowerCase() === right.toLowerCase();
  return left === right || Number(left ?? 0) === Number(right ?? 0);
}
