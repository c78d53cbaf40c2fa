import { readFileSync, rmSync } from "node:fs";
import type { AgentConfiguration } from "../../contract/agent.ts";
import type { LedgerRecord } from "../../contract/ledger.ts";
import { isObject } from "../../contract/json.ts";
import { logGroupName } from "../../contract/names.ts";
import { written } from "../../contract/written.ts";
import { AwsError } from "../aws/error.ts";
import { unlessAbsent } from "./absent.ts";
import type { Aws } from "./aws.ts";
import type { Clock } from "./clock.ts";
import type { RunnerJobFacts } from "./job-facts.ts";
import type { EndedJob } from "./jobs.ts";
import { momentOf } from "./ledger-files.ts";
import type { LedgerFiles, WaitingLine } from "./ledger-files.ts";
import { logBatches } from "./log-batches.ts";

/** Writes finished jobs, and when the machine became ready and left, to the fleet's log group. */
export interface Ledger {
  /** The listener has been started: the first start since the machine's boot goes into the ledger. */
  noteStart: () => void;
  /** The machine is about to power off. A second call before anything else happens is the same record. */
  noteStop: () => void;
  /**
   * Records a job, once: an agent that starts again reads the old log again.
   *
   * @param written called once the job is in the ledger; at once if it already is
   */
  add: (job: EndedJob, facts: RunnerJobFacts, written: () => void) => void;
  /** Writes everything that was recorded until now. @throws AwsError if it cannot; nothing is forgotten then */
  flush: () => Promise<void>;
}

export interface LedgerHost {
  configuration: AgentConfiguration;
  /** The machine's name at GitHub, and that of its stream. */
  machine: string;
  /** What an earlier agent has written, and what it has not. */
  files: LedgerFiles;
  /** The file in which the boot script says when it began, in seconds since the epoch. */
  bootMark: string;
  clock: Pick<Clock, "now">;
  aws: Aws;
  log: (line: string) => void;
}

/** Number of written jobs that are remembered: more than an agent that starts again can find in the listener's output. */
const maxRemembered = 500;

interface Entry extends WaitingLine {
  written?: () => void;
}

export function machineLedger(host: LedgerHost): Ledger {
  const { configuration, machine, files, bootMark, clock, aws, log } = host;
  const { environment, fleet, runner, instanceType } = configuration;
  const place = { logGroupName: logGroupName(environment, fleet), logStreamName: machine };
  let known = files.written;
  const self = { v: 1, environment, fleet, runner, machine, instanceType } as const;
  let waiting: Entry[] = files.waiting.filter(({ id }) => id === undefined || !known.includes(id));
  let stopped = false;
  let writing: Promise<void> | undefined;

  const keep = () => {
    files.keep(
      known,
      waiting.map(({ line, id }) => ({ line, ...(id !== undefined && { id }) })),
    );
  };

  // Kept at once: the power may go before it is written.
  const note = (entry: Entry) => {
    waiting.push(entry);
    keep();
  };

  const write = async () => {
    const events = waiting.map((entry) => ({
      entry,
      timestamp: momentOf(entry.line),
      message: JSON.stringify(entry.line),
    }));
    // Batches are written in order and one by one: a batch that fails does not lose another.
    for (const batch of logBatches(events, clock.now())) {
      const answer = await putEvents(
        aws,
        place,
        batch.map(({ timestamp, message }) => ({ timestamp, message })),
      );
      // The events that CloudWatch has dropped although it accepted the call.
      const dropped = isObject(answer) ? answer.rejectedLogEventsInfo : undefined;
      if (dropped) log(`CloudWatch has dropped lines of the ledger: ${JSON.stringify(dropped)}.`);
      const done = new Set(batch.map(({ entry }) => entry));
      waiting = waiting.filter((entry) => !done.has(entry));
      known = [...known, ...batch.flatMap(({ entry }) => entry.id ?? [])].slice(-maxRemembered);
      keep();
      for (const { entry } of batch) entry.written?.();
    }
  };

  return {
    noteStart() {
      stopped = false;
      const bootedAt = takeBootMark(bootMark);
      if (bootedAt === undefined) return;
      const now = clock.now();
      const bootSeconds = Math.max(0, Math.round(now / 1000 - bootedAt));
      note({ line: { ...self, kind: "start", at: new Date(now).toISOString(), bootSeconds } });
    },
    noteStop() {
      if (stopped) return;
      stopped = true;
      note({ line: { ...self, kind: "stop", at: new Date(clock.now()).toISOString() } });
    },
    add(job, facts, onWritten) {
      // By its id and not by its times: those are read from different files before and after a reboot.
      if (known.includes(job.id)) {
        onWritten();
        return;
      }
      const same = waiting.find((entry) => entry.id === job.id);
      if (same) {
        same.written = onWritten; // An earlier agent has left it.
        return;
      }
      const { id, receivedAt, startedAt, endedAt, result, cause } = job;
      const times = { receivedAt, startedAt, endedAt };
      const line = written<LedgerRecord>({ ...self, kind: undefined, ...facts, ...times, result, cause });
      note({ line, id, written: onWritten });
    },
    flush: async () => {
      // A write that is under way may lack the last records, and its failure goes to the caller that began it.
      if (writing) await writing.catch(() => undefined);
      if (waiting.length === 0) return;
      keep(); // It may have failed before: a job that filled the disk is over.
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
): Promise<unknown> {
  const put = () => aws("logs:PutLogEvents", { ...place, logEvents });
  try {
    return await put();
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    await createStream(aws, place); // The machine's first job.
    return put();
  }
}

async function createStream(aws: Aws, place: { logGroupName: string; logStreamName: string }): Promise<void> {
  try {
    await aws("logs:CreateLogStream", place);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceAlreadyExistsException") throw error;
  }
}

/** When the boot script began, read once: an agent that starts again must not take its own start for the machine's. */
function takeBootMark(path: string): number | undefined {
  const text = unlessAbsent(() => readFileSync(path, "utf8"));
  rmSync(path, { force: true });
  return Number(text) || undefined;
}
