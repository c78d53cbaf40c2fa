import { Failure } from "../../contract/failure.ts";
import { isObject } from "../../contract/json.ts";
import type { WaitingJob } from "../../contract/waiting-jobs.ts";
import { parseWaitingJob, secondsThatCount, statesBefore } from "../../contract/waiting-jobs.ts";
import type { CallAws } from "../aws/client.ts";
import { AwsError } from "../aws/error.ts";
import type { AwsInput } from "../aws/protocols.ts";

/*
 * The table of waiting jobs. Every write is one conditional update of one
 * item, so that deliveries and controllers that overtake or repeat each other
 * come to the same end.
 */

/** What GitHub says of a job. */
export type JobReport = Pick<WaitingJob, "id" | "repository" | "labels" | "state" | "queuedAt" | "runner">;

/** That a machine was started for a job. */
export interface JobWake {
  id: string;
  /** How many wakes the job had when that was decided. */
  wakesBefore: number;
  instanceId: string;
}

/** `behind`: the item did not change, because it has got that far already. */
export type WriteOutcome = "written" | "behind";

/**
 * Writes a job's state, forward only.
 *
 * @param now milliseconds since the epoch
 * @throws AwsError when the table cannot be written
 */
export async function writeJobState(
  table: string,
  report: JobReport,
  now: number,
  call: CallAws<"dynamodb:UpdateItem">,
): Promise<WriteOutcome> {
  const at = Math.floor(now / 1000);
  const { id, ...rest } = report;
  const before = statesBefore(report.state);
  const known = before.map((_, index) => `:before${index}`);
  return update(call, {
    table,
    id,
    set: { ...rest, at, expiresAt: at + secondsThatCount[report.state] },
    condition: [
      "attribute_not_exists(#id)",
      ...(known.length === 0 ? [] : [`#state IN (${known.join(", ")})`]),
    ].join(" OR "),
    conditionNames: known.length === 0 ? ["id"] : ["id", "state"],
    conditionValues: Object.fromEntries(known.map((name, index) => [name, before[index]!])),
  });
}

/**
 * Counts a wake on its job, once: a second controller that is about to start
 * one for it finds the count moved on.
 *
 * @param now milliseconds since the epoch
 * @throws AwsError when the table cannot be written
 */
export async function writeJobWake(
  table: string,
  { id, wakesBefore, instanceId }: JobWake,
  now: number,
  call: CallAws<"dynamodb:UpdateItem">,
): Promise<WriteOutcome> {
  return update(call, {
    table,
    id,
    set: { wakes: wakesBefore + 1, wokenAt: Math.floor(now / 1000), wokenMachine: instanceId },
    condition:
      wakesBefore === 0
        ? "#state = :queued AND (attribute_not_exists(#wakes) OR #wakes = :seen)"
        : "#state = :queued AND #wakes = :seen",
    conditionNames: ["state", "wakes"],
    conditionValues: { ":queued": "queued", ":seen": wakesBefore },
  });
}

/**
 * Says what became of a wake that {@link writeJobWake} has counted: another
 * machine was started for it, or none, and the job is as it was before.
 *
 * @param job as it was when the wake was decided
 * @param started instance id of the machine; undefined: none was
 * @throws AwsError when the table cannot be written
 */
export async function correctJobWake(
  table: string,
  { id, instanceId, wakesBefore }: JobWake,
  { wokenAt = 0, wokenMachine = "" }: Pick<WaitingJob, "wokenAt" | "wokenMachine">,
  started: string | undefined,
  call: CallAws<"dynamodb:UpdateItem">,
): Promise<WriteOutcome> {
  return update(call, {
    table,
    id,
    set: started === undefined ? { wakes: wakesBefore, wokenAt, wokenMachine } : { wokenMachine: started },
    condition: "#state = :queued AND #wakes = :counted AND #wokenMachine = :chosen",
    conditionNames: ["state", "wakes", "wokenMachine"],
    conditionValues: { ":queued": "queued", ":counted": wakesBefore + 1, ":chosen": instanceId },
  });
}

/**
 * Notes that a job was still queued at GitHub.
 *
 * @param now milliseconds since the epoch
 * @throws AwsError when the table cannot be written
 */
export async function writeJobSeen(
  table: string,
  id: string,
  now: number,
  call: CallAws<"dynamodb:UpdateItem">,
): Promise<WriteOutcome> {
  return update(call, {
    table,
    id,
    set: { seenAt: Math.floor(now / 1000) },
    condition: "#state = :queued",
    conditionNames: ["state"],
    conditionValues: { ":queued": "queued" },
  });
}

/**
 * Every job in the table, including expired ones and tombstones. Items that
 * cannot be parsed as a job are left out.
 *
 * @throws AwsError when the table cannot be read
 */
export async function readJobs(table: string, call: CallAws<"dynamodb:Scan">): Promise<WaitingJob[]> {
  const jobs: WaitingJob[] = [];
  let next: AwsInput | undefined;
  do {
    const page = await call("dynamodb:Scan", {
      TableName: table,
      // The hint arrives within a second of the job's write, which an eventually consistent read may miss.
      ConsistentRead: true,
      ...(next && { ExclusiveStartKey: next }),
    });
    if (!isPage(page))
      throw new Failure(
        `DynamoDB answers for the table ${table} with no page of items: another server may answer in its place. ` +
          "Look at the endpoint that the configuration names.",
      );
    for (const item of page.Items.filter(isObject)) {
      const values = Object.entries(item).map(([name, value]) => [name, valueOf(value)]);
      const job = parseWaitingJob(Object.fromEntries(values));
      if (job) jobs.push(job);
    }
    next = page.LastEvaluatedKey;
  } while (next);
  return jobs;
}

/** A page of the table, before its items are parsed. */
interface Page {
  Items: readonly unknown[];
  /** Absent: it is the last one. */
  LastEvaluatedKey?: AwsInput;
}

/** An answer without a list of items must not count as an empty table: queued jobs would be forgotten. */
function isPage(answer: unknown): answer is Page {
  if (!isObject(answer)) return false;
  const { Items, LastEvaluatedKey } = answer;
  return Array.isArray(Items) && (LastEvaluatedKey === undefined || isObject(LastEvaluatedKey));
}

/** A value in DynamoDB's notation, which names its type. */
type Attribute = { S: string } | { N: string } | { L: Attribute[] };
type Plain = string | number | readonly string[];

function attributeOf(value: Plain): Attribute {
  if (typeof value === "string") return { S: value };
  return typeof value === "number" ? { N: String(value) } : { L: value.map(attributeOf) };
}

/** Undefined: a type that no item of ours has. */
function valueOf(attribute: unknown): unknown {
  if (!isObject(attribute)) return undefined;
  const { S, N, L } = attribute;
  if (N !== undefined) return Number(N);
  return Array.isArray(L) ? L.map(valueOf) : S;
}

interface Update {
  table: string;
  id: string;
  /** The new values of the item, by the names that {@link parseWaitingJob} reads. */
  set: Readonly<Partial<Omit<WaitingJob, "id">>>;
  condition: string;
  conditionNames: readonly (keyof WaitingJob)[];
  conditionValues: Readonly<Record<string, Plain>>;
}

async function update(call: CallAws<"dynamodb:UpdateItem">, change: Update): Promise<WriteOutcome> {
  const set: [string, Plain][] = Object.entries(change.set);
  const names = [...set.map(([name]) => name), ...change.conditionNames];
  const values = [
    ...set.map(([name, value]) => [`:${name}`, value] as const),
    ...Object.entries(change.conditionValues),
  ];
  try {
    await call("dynamodb:UpdateItem", {
      TableName: change.table,
      Key: { id: attributeOf(change.id) },
      UpdateExpression: `SET ${set.map(([name]) => `#${name} = :${name}`).join(", ")}`,
      ConditionExpression: change.condition,
      // Some of the names are words of DynamoDB's own.
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        values.map(([name, value]) => [name, attributeOf(value)]),
      ),
    });
    return "written";
  } catch (error) {
    if (error instanceof AwsError && error.code === "ConditionalCheckFailedException") return "behind";
    throw error;
  }
}
