import { readFileSync, writeFileSync } from "node:fs";
import type { LedgerRecord } from "../../contract/ledger.ts";
import { logGroupName } from "../../contract/names.ts";
import { AwsError } from "../aws/error.ts";
import { unlessAbsent } from "./absent.ts";
import type { Aws } from "./aws.ts";
import type { AgentConfiguration } from "./configuration.ts";
import type { JobFacts } from "./job-facts.ts";
import type { EndedJob } from "./jobs.ts";

/** Writes finished jobs to the fleet's log group, each once, in the order of their ends. */
export interface Ledger {
  /** Takes a job in. False: it was taken in before; an agent that starts again reads the old log again. */
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
  aws: Aws;
}

export function machineLedger({ configuration, machine, mark, aws }: LedgerHost): Ledger {
  const { environment, fleet, runner, instanceType } = configuration;
  const place = { logGroupName: logGroupName(environment, fleet), logStreamName: machine };
  let writtenUntil = readMark(mark);
  let waiting: LedgerRecord[] = [];
  let writing: Promise<void> | undefined;

  const write = async () => {
    const records = [...waiting]; // More may be taken in while they are written.
    const events = records
      .map((record) => ({ timestamp: Date.parse(record.endedAt), message: JSON.stringify(record) }))
      .sort((one, other) => one.timestamp - other.timestamp); // CloudWatch refuses another order.
    await putEvents(aws, place, events);
    waiting = waiting.slice(records.length);
    writtenUntil = Math.max(writtenUntil, ...records.map(({ receivedAt }) => Date.parse(receivedAt)));
    writeFileSync(mark, String(writtenUntil));
  };

  return {
    add(job, facts) {
      const receivedAt = Date.parse(job.receivedAt);
      if (receivedAt <= writtenUntil || waiting.some((record) => record.receivedAt === job.receivedAt))
        return false;
      waiting.push({
        v: 1,
        environment,
        fleet,
        runner,
        machine,
        instanceType,
        ...facts,
        receivedAt: job.receivedAt,
        startedAt: job.startedAt,
        endedAt: job.endedAt,
        result: job.result,
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

/** Milliseconds since the epoch; 0 when nothing was written yet. */
function readMark(path: string): number {
  return Number(unlessAbsent(() => readFileSync(path, "utf8"))) || 0;
}
