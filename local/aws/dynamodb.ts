import { checkAllUsed, holds, placeholdersOf, updated } from "./dynamodb-expressions.ts";
import type { Attribute, Item } from "./dynamodb-expressions.ts";
import { EmulatedAwsError } from "./errors.ts";
import { flag, number, optionalText, record, text } from "./input.ts";
import type { Input } from "./input.ts";
import type { Need, Service } from "./server.ts";
import type { Cloud } from "./state.ts";

/** DynamoDB's limit for what one call reads, in bytes. Here it counts the items' JSON. */
const pageBytes = 1024 * 1024;

/**
 * Real milliseconds for which a read that does not ask for consistency misses a
 * write. DynamoDB says "usually within a second". Here every such read misses
 * it, so that no code can rely on seeing it by luck.
 */
const staleMs = 1000;

export const tableType = "aws:dynamodb/table:Table";

/**
 * DynamoDB: tables with a text as their key, conditional updates, scans.
 * Expired items stay: DynamoDB too deletes them only days later.
 *
 * @param wireNow real milliseconds
 */
export function dynamodbService(cloud: Cloud, wireNow: () => number = Date.now): Service {
  /** By table and key: when an item was last written, and what it was before. */
  const lastWrites = new Map<string, { at: number; before: Item | undefined }>();
  const place = (input: Input, key: string) => `${text(input, "TableName")} ${key}`;

  /** By table and key: when an item was last written, and its value before. */
  const staleItems = (input: Input, items: Readonly<Record<string, Item>>): Record<string, Item> =>
    Object.fromEntries(
      Object.entries(items).flatMap(([key, item]) => {
        const last = lastWrites.get(place(input, key));
        if (!last || wireNow() - last.at >= staleMs) return [[key, item]];
        return last.before ? [[key, last.before]] : [];
      }),
    );

  const needs = (input: Input): Need[] => [{ resource: tableArn(cloud, text(input, "TableName")) }];

  return {
    signingName: "dynamodb",
    prefix: "dynamodb",
    actions: {
      UpdateItem: {
        needs,
        run: (input) => {
          const { items, hashKey } = tableOf(cloud, input);
          const key = keyOf(record(input, "Key"), hashKey);
          const condition = optionalText(input, "ConditionExpression");
          const update = text(input, "UpdateExpression");
          const placeholders = placeholdersOf(input);
          checkAllUsed(placeholders, [condition ?? "", update]);
          const before = items[key] ?? {};
          if (condition !== undefined && !holds(before, condition, placeholders)) {
            throw new EmulatedAwsError("ConditionalCheckFailedException", "The conditional request failed");
          }
          const after = updated({ ...before, [hashKey]: { S: key } }, update, placeholders);
          if (after[hashKey]?.S !== key) {
            throw new EmulatedAwsError(
              "ValidationException",
              `Cannot update attribute ${hashKey}. This attribute is part of the key`,
            );
          }
          lastWrites.set(place(input, key), { at: wireNow(), before: items[key] });
          items[key] = after;
          return {};
        },
      },
      Scan: {
        needs,
        run: (input) => {
          const { items: current, hashKey } = tableOf(cloud, input);
          const items = flag(input, "ConsistentRead") ? current : staleItems(input, current);
          const filter = optionalText(input, "FilterExpression");
          const placeholders = placeholdersOf(input);
          checkAllUsed(placeholders, [filter ?? ""]);
          const keys = Object.keys(items).sort();
          const from = record(input, "ExclusiveStartKey");
          const after = from && keyOf(from, hashKey);
          const left = after === undefined ? keys : keys.filter((key) => key > after);
          const page = firstPage(left, items, number(input, "Limit") ?? Infinity);
          const found = page
            .map((key) => items[key]!)
            .filter((item) => filter === undefined || holds(item, filter, placeholders));
          return {
            Items: found,
            Count: found.length,
            ScannedCount: page.length,
            ...(page.length < left.length && { LastEvaluatedKey: { [hashKey]: { S: page.at(-1)! } } }),
          };
        },
      },
    },
  };
}

export function tableArn(cloud: Cloud, name: string): string {
  return `arn:aws:dynamodb:${cloud.region}:${cloud.account}:table/${name}`;
}

function tableOf(cloud: Cloud, input: Input): { items: Record<string, Item>; hashKey: string } {
  const name = text(input, "TableName");
  const table = cloud.data.resources[tableType]?.[name];
  if (!table) throw new EmulatedAwsError("ResourceNotFoundException", "Requested resource not found");
  return { items: (cloud.data.tables[name] ??= {}), hashKey: String(table.hashKey) };
}

function keyOf(key: Input | undefined, hashKey: string): string {
  const value = (key?.[hashKey] as Attribute | undefined)?.S;
  if (typeof value !== "string" || value === "" || Object.keys(key!).length !== 1) {
    throw new EmulatedAwsError("ValidationException", "The provided key element does not match the schema");
  }
  return value;
}

function firstPage(keys: readonly string[], items: Readonly<Record<string, Item>>, limit: number): string[] {
  const page: string[] = [];
  let bytes = 0;
  for (const key of keys) {
    if (page.length >= limit || bytes >= pageBytes) break;
    page.push(key);
    bytes += JSON.stringify(items[key]).length;
  }
  return page;
}
