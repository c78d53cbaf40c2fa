import { setTimeout as delay } from "node:timers/promises";
import type { Call, StepReport } from "./exchange.ts";

/** Milliseconds between two reports while there is something to report. */
const intervalMs = 250;
/** Lines in one report at most. */
const maxLines = 200;
/** Attempts at the last report and at the completion. */
const attempts = 20;

/** Tells GitHub how a job goes, in batches and in order. */
export interface Reporter {
  log(lines: readonly string[]): void;
  steps(steps: readonly StepReport[]): void;
  summary(markdown: string): void;
  /** Sends what is left, then the job's end. Throws when GitHub cannot be reached. */
  complete(result: string, outputs: Record<string, string>): Promise<void>;
}

/** @param failed told of each failure; the report is tried again */
export function createReporter(call: Call, requestId: string, failed: (reason: string) => void): Reporter {
  let lines: string[] = [];
  let steps: readonly StepReport[] | undefined;
  let summary: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sending = Promise.resolve();

  /** False: no answer, try again. A job that GitHub has given up takes no reports, and there is nothing to retry. */
  const post = async (what: string, body: unknown): Promise<boolean> => {
    try {
      const { status } = await call("POST", `/jobs/${requestId}/${what}`, { body });
      if (status < 500) return true;
      failed(`${what}: GitHub answered ${status}`);
    } catch (error) {
      failed(`${what}: ${(error as Error).message}`);
    }
    return false;
  };

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
      for (let attempt = 0; attempt < attempts; attempt++) {
        if ((await flush()) && (await post("complete", { result, outputs }))) return;
        await delay(intervalMs * (attempt + 1));
      }
      throw new Error(`GitHub did not take the end of job request ${requestId} in ${attempts} attempts.`);
    },
  };
}
