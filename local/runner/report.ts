import { setTimeout as delay } from "node:timers/promises";
import { Failure, traceOf } from "../../contract/failure.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { AcquiredJob, Call, StepReport } from "./exchange.ts";
import type { StepOutput } from "./step-output.ts";

/** Milliseconds between two reports while there is something to report. */
const intervalMs = 250;
/** Maximum number of lines in one report. */
const maxLines = 200;
/** Attempts at the last report and at the completion together. */
const attempts = 20;

/** Reports a job's progress to GitHub, in batches and in order. */
export interface Reporter {
  log(lines: readonly string[]): void;
  steps(steps: readonly StepReport[]): void;
  summary(markdown: string): void;
  /**
   * Sends the remaining reports, then the job's end. Throws when GitHub cannot be
   * reached, or has given up the job.
   */
  complete(result: string, outputs: Record<string, string>): Promise<void>;
}

/** A report that fails is logged and retried. */
export function createReporter(
  call: Call,
  { requestId, jobGuid }: AcquiredJob,
  diagnostics: Diagnostics,
  output: StepOutput,
): Reporter {
  let lines: string[] = [];
  let steps: readonly StepReport[] | undefined;
  let summary: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sending = Promise.resolve();

  const failed = (reason: string) => {
    diagnostics.trace("JobServerQueue", reason, "ERR ");
  };

  /** The status of the answer; undefined means that the report must be retried. */
  const ask = async (what: string, body: unknown): Promise<number | undefined> => {
    try {
      const { status } = await call("POST", `/jobs/${requestId}/${what}`, { body });
      if (status < 500) return status;
      failed(`${what}: GitHub answered ${status}`);
    } catch (error) {
      failed(`${what}: ${traceOf(error)}`);
    }
    return undefined;
  };

  /**
   * False means that the report must be retried. When GitHub has given up the job
   * it accepts no reports, so a retry would not help.
   */
  const post = async (what: string, body: unknown) => (await ask(what, body)) !== undefined;

  const flush = async (): Promise<boolean> => {
    while (lines.length > 0) {
      const batch = lines.slice(0, maxLines);
      if (!(await post("log", { lines: batch }))) return false;
      lines = lines.slice(batch.length);
    }
    const [latestSteps, latestSummary] = [steps, summary];
    if (latestSteps && !(await post("steps", { steps: latestSteps }))) return false;
    if (steps === latestSteps) steps = undefined;
    if (latestSummary !== undefined && !(await post("summary", { markdown: latestSummary }))) return false;
    if (summary === latestSummary) summary = undefined;
    return true;
  };

  const soon = () => {
    timer ??= setTimeout(() => {
      sending = sending.then(async () => {
        timer = undefined;
        if (!(await flush())) soon();
      });
    }, intervalMs);
  };

  return {
    log(more) {
      output.write(more);
      lines = [...lines, ...more];
      soon();
    },
    steps(latest) {
      steps = latest;
      soon();
    },
    summary(markdown) {
      summary = markdown;
      soon();
    },
    async complete(result, outputs) {
      clearTimeout(timer);
      await sending;
      clearTimeout(timer);
      diagnostics.trace("JobRunner", "Raising job completed against run service");
      for (let attempt = 0; attempt < attempts; attempt++) {
        const all = await flush();
        if (all) output.uploaded();
        const status = all ? await ask("complete", { result, outputs }) : undefined;
        if (status !== undefined && status < 400) return;
        const trouble = `Catch exception while attempting to complete job ${jobGuid}, job request ${requestId}.`;
        diagnostics.trace("JobRunner", trouble, "ERR ");
        if (status !== undefined)
          throw new Failure(`GitHub answered ${status} to the end of job ${jobGuid}.`);
        await delay(intervalMs * (attempt + 1));
      }
      throw new Failure(`GitHub did not take the end of job request ${requestId} in ${attempts} attempts.`);
    },
  };
}
