/** One finished job: one line of JSON in the fleet's log group, in the machine's stream. */
export interface LedgerRecord {
  /** Version of this shape. */
  v: 1;
  environment: string;
  fleet: string;
  runner: string;
  /** The machine's name at GitHub. */
  machine: string;
  instanceType: string;
  /** What the job's start hook saw; null where the hook did not run. */
  repository: string | null;
  workflow: string | null;
  runId: string | null;
  runAttempt: string | null;
  job: string | null;
  /** ISO 8601 in UTC. When the listener received the job's message. */
  receivedAt: string;
  /** When the listener announced the job; null if it never started. */
  startedAt: string | null;
  endedAt: string;
  /** `Succeeded`, `Failed`, `Canceled`, … as the listener prints it; `Lost` when the worker vanished without a word. */
  result: string;
}
