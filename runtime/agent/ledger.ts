import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { LedgerLine } from "../../contract/ledger.ts";
import { logGroupName } from "../../contract/names.ts";
import { AwsError } from "../aws/error.ts";
import { unlessAbsent } from "./absent.ts";
import type { Aws } from "./aws.ts";
import type { Clock } from "./clock.ts";
import type { AgentConfiguration } from "./configuration.ts";
import type { JobFacts } from "./job-facts.ts";
import type { EndedJob } from "./jobs.ts";

/** Writes finished jobs, and when the machine began and ceased to wait for them, to the fleet's log group. */
export interface Ledger {
  /** The listener has been started: the first time since the machine was, that goes into the ledger. */
  noteStart: () => void;
  /** The machine is about to power off; said again before anything else has happened, it is the same news. */
  noteStop: () => void;
  /** Takes a job in, once. False: it was taken in before; an agent that starts again reads the old log again. */
  add: (job: EndedJob, facts: JobFacts) => boolean;
  /** Writes all that has been taken in until now. @throws AwsError when it cannot; nothing is forgotten then */
  flush: () => Promise<void>;
}

export interface LedgerHost {
  configuration: AgentConfiguration;
  /** The machine's name at GitHub, and that of its stream. */
  machine: string;
  /** The file that remembers the last job that was written. */
  mark: string;
  /** The file in which the boot script says when it began, in seconds since the epoch. */
  bootMark: string;
  clock: Pick<Clock, "now">;
  aws: Aws;
}

export function machineLedger({ configuration, machine, mark, bootMark, clock, aws }: LedgerHost): Ledger {
  const { environment, fleet, runner, instanceType } = configuration;
  const place = { logGroupName: logGroupName(environment, fleet), logStreamName: machine };
  let writtenUntil = readMark(mark);
  const self = { v: 1, environment, fleet, runner, machine, instanceType } as const;
  let waiting: LedgerLine[] = [];
  let stopped = false;
  let writing: Promise<void> | undefined;

  const write = async () => {
    const records = [...waiting]; // More may be taken in while they are written.
    const events = records
      .map((record) => ({ timestamp: momentOf(record), message: JSON.stringify(record) }))
      .sort((one, other) => one.timestamp - other.timestamp); // CloudWatch refuses another order.
    await putEvents(aws, place, events);
    waiting = waiting.slice(records.length);
    const received = records.flatMap((record) => (record.kind ? [] : [Date.parse(record.receivedAt)]));
    writtenUntil = Math.max(writtenUntil, ...received);
    writeFileSync(mark, String(writtenUntil));
  };

  return {
    noteStart() {
      stopped = false;
      const bootedAt = takeBootMark(bootMark);
      if (bootedAt === undefined) return;
      const now = clock.now();
      const bootSeconds = Math.max(0, Math.round(now / 1000 - bootedAt));
      waiting.push({ ...self, kind: "start", at: new Date(now).toISOString(), bootSeconds });
    },
    noteStop() {
      if (stopped) return;
      stopped = true;
      waiting.push({ ...self, kind: "stop", at: new Date(clock.now()).toISOString() });
    },
    add(job, facts) {
      const receivedAt = Date.parse(job.receivedAt);
      const isWaiting = waiting.some((record) => !record.kind && record.receivedAt === job.receivedAt);
      if (receivedAt <= writtenUntil || isWaiting) return false;
      waiting.push({
        ...self,
        ...facts,
        receivedAt: job.receivedAt,
        startedAt: job.startedAt,
        endedAt: job.endedAt,
        result: job.result,
        ...(job.overdue && { overdue: job.overdue }),
      });
      return true;
    },
    flush: async () => {
      // A write that is under way has not all that was taken in, and its failure is told to who began it.
      if (writing) await writing.catch(() => undefined);
      if (waiting.length === 0) return;
      await (writing ??= write().finally(() => {
        writing = undefined;
      }));
    },
  };
}

async function putEvents(
  aws: Aws,
  place: { logGroupName: string; logStreamName: string },
  logEvents: { timestamp: number; message: string }[],
): Promise<void> {
  const put = () => aws("logs:PutLogEvents", { ...place, logEvents });
  try {
    await put();
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    await createStream(aws, place); // The machine's first job.
    await put();
  }
}

async function createStream(aws: Aws, place: { logGroupName: string; logStreamName: string }): Promise<void> {
  try {
    await aws("logs:CreateLogStream", place);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceAlreadyExistsException") throw error;
  }
}

function momentOf(record: LedgerLine): number {
  return Date.parse(record.kind ? record.at : record.endedAt);
}

/** When the boot script began, once: an agent that starts again must not take its start for the machine's. */
function takeBootMark(path: string): number | undefined {
  const text = unlessAbsent(() => readFileSync(path, "utf8"));
  rmSync(path, { force: true });
  return Number(text) || undefined;
}

/** Milliseconds since the epoch; 0 when nothing was written yet. */
function readMark(path: string): number {
  return Number(unlessAbsent(() => readFileSync(path, "utf8"))) || 0;
}
