import { EmulatedAwsError } from "./errors.ts";
import type { Input } from "./input.ts";

/*
 * The part of DynamoDB's expressions that this project uses: conditions of
 * `attribute_exists`, `attribute_not_exists`, `=`, `<>`, `<`, `<=`, `>`, `>=`,
 * `IN`, `NOT`, `AND`, `OR` and brackets, and updates that only SET values.
 * Everything else is refused, so that no expression is misread.
 */

/** A value with its type, as DynamoDB writes it: `{ S: "text" }`, `{ N: "7" }`. */
export type Attribute = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, Attribute>>;

/** The placeholders of a request. */
export interface Placeholders {
  names: Readonly<Record<string, string>>;
  values: Readonly<Record<string, Attribute>>;
}

export function placeholdersOf(input: Input): Placeholders {
  return {
    names: (input.ExpressionAttributeNames ?? {}) as Record<string, string>,
    values: (input.ExpressionAttributeValues ?? {}) as Record<string, Attribute>,
  };
}

/** @throws AwsError ValidationException when no expression uses a placeholder, as DynamoDB does */
export function checkAllUsed({ names, values }: Placeholders, expressions: readonly string[]): void {
  const used = new Set(expressions.flatMap((one) => one.match(/[#:]\w+/g) ?? []));
  const unused = [...Object.keys(names), ...Object.keys(values)].filter((name) => !used.has(name));
  if (unused.length > 0) throw invalid(`Value provided unused in expressions: keys: {${unused.join(", ")}}`);
}

/** The item after an update `SET #a = :a, #b = :b`. */
export function updated(item: Item, expression: string, placeholders: Placeholders): Item {
  const assignments = /^\s*SET\s+(.*)$/s.exec(expression)?.[1]?.split(",") ?? [];
  if (assignments.length === 0) throw invalid(`the local DynamoDB knows no update but SET: ${expression}`);
  const changes = assignments.map((assignment): [string, Attribute] => {
    const [, name, value] = /^\s*(#\w+)\s*=\s*(:\w+)\s*$/.exec(assignment) ?? [];
    if (!name || !value) throw invalid(`the local DynamoDB does not know the update ${assignment}`);
    return [nameOf(name, placeholders), valueOf(value, placeholders)];
  });
  return { ...item, ...Object.fromEntries(changes) };
}

/** Whether an item meets a condition; an absent item counts as an empty one. */
export function holds(item: Item, expression: string, placeholders: Placeholders): boolean {
  const tokens = expression.match(/<>|<=|>=|[=<>(),]|[#:]?\w+/g) ?? [];
  if (tokens.join("") !== expression.replace(/\s+/g, "")) throw notUnderstood();
  let position = 0;
  const result = either();
  if (position < tokens.length) throw notUnderstood();
  return result;

  function either(): boolean {
    let value = both();
    while (taken("OR")) value = both() || value;
    return value;
  }

  function both(): boolean {
    let value = negated();
    while (taken("AND")) value = negated() && value;
    return value;
  }

  function negated(): boolean {
    return taken("NOT") ? !negated() : single();
  }

  function single(): boolean {
    if (taken("(")) {
      const value = either();
      expectToken(")");
      return value;
    }
    if (taken("attribute_exists")) return exists();
    if (taken("attribute_not_exists")) return !exists();
    const left = operand();
    if (taken("IN")) {
      expectToken("(");
      const list = [operand()];
      while (taken(",")) list.push(operand());
      expectToken(")");
      return list.some((one) => isSame(left, one));
    }
    return compare(left, next(), operand());
  }

  function exists(): boolean {
    expectToken("(");
    const name = nameOf(next(), placeholders);
    expectToken(")");
    return item[name] !== undefined;
  }

  function operand(): Attribute | undefined {
    const token = next();
    return token.startsWith(":") ? valueOf(token, placeholders) : item[nameOf(token, placeholders)];
  }

  function compare(left: Attribute | undefined, operator: string, right: Attribute | undefined): boolean {
    if (operator === "=") return isSame(left, right);
    if (operator === "<>") return !isSame(left, right);
    if (left?.N === undefined || right?.N === undefined) return false; // Values of different types are never less or greater.
    const difference = Number(left.N) - Number(right.N);
    if (operator === "<") return difference < 0;
    if (operator === "<=") return difference <= 0;
    if (operator === ">") return difference > 0;
    if (operator === ">=") return difference >= 0;
    throw notUnderstood();
  }

  function taken(token: string): boolean {
    if (tokens[position]?.toUpperCase() !== token.toUpperCase()) return false;
    position += 1;
    return true;
  }

  function next(): string {
    const token = tokens[position++];
    if (token === undefined) throw notUnderstood();
    return token;
  }

  function expectToken(token: string): void {
    if (!taken(token)) throw notUnderstood();
  }

  function notUnderstood(): EmulatedAwsError {
    return invalid(`the local DynamoDB does not know the condition ${expression}`);
  }
}

function isSame(left: Attribute | undefined, right: Attribute | undefined): boolean {
  return left !== undefined && right !== undefined && JSON.stringify(left) === JSON.stringify(right);
}

/** Names must be placeholders here. Otherwise this file would have to know DynamoDB's 573 reserved words. */
function nameOf(token: string, { names }: Placeholders): string {
  const name = names[token];
  if (name === undefined)
    throw invalid(`An expression attribute name used in the document path is not defined: ${token}`);
  return name;
}

function valueOf(token: string, { values }: Placeholders): Attribute {
  const value = values[token];
  if (value === undefined)
    throw invalid(`An expression attribute value used in expression is not defined: ${token}`);
  return value;
}

function invalid(text: string): EmulatedAwsError {
  return new EmulatedAwsError("ValidationException", text);
}
