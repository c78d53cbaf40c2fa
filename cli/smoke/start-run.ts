import { limits } from "../../config/limits.ts";
import { Failure } from "../../contract/failure.ts";
import { machineName } from "../../contract/names.ts";
import type { SmokeDispatchRequest } from "../../contract/requests.ts";
import { hasStatus } from "../clients/service-error.ts";
import type { DispatchOutcome, Run, WorkflowRuns } from "../clients/workflow-runs.ts";
import type { Clock } from "../clock.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";
import { findNonce, formatNonce } from "./nonce.ts";

/** Milliseconds until GitHub knows a workflow after its file was pushed. */
const workflowKnownWithinMs = 60_000;
/** Milliseconds until GitHub finds a run after its dispatch, by its id and in its lists. */
const runFoundWithinMs = { run: 180_000, accepted: 180_000, unknown: 60_000 };
const maxDispatches = 3;

export interface RunCollaborators {
  runs: WorkflowRuns;
  clock: Clock;
  output: Output;
}

/** A run of the smoke test on a machine. */
export interface SmokeRunBegun {
  run: Run;
  /** How long it holds the machine: an adopted run may have another duration than this request. */
  minutes: number;
}

/** An earlier unfinished run for the machine, if there is one. @throws ServiceError */
export async function resumeRun(
  { runs, output }: Pick<RunCollaborators, "runs" | "output">,
  { machine }: Pick<SmokeDispatchRequest, "machine">,
): Promise<SmokeRunBegun | undefined> {
  for (const run of await runs.going()) {
    const nonce = findNonce(run.title);
    if (nonce?.instanceId !== machine.instanceId) continue;
    output.say(
      `An earlier smoke test of ${machine.runner} is unfinished, so no other one is dispatched: ${run.url}`,
    );
    return { run, minutes: nonce.minutes };
  }
  return undefined;
}

/**
 * Dispatches a run that proves a machine. A dispatch without a clear answer is
 * repeated only after its run was looked for and not found.
 *
 * @throws ServiceError; Failure if GitHub accepted the dispatch and shows no run
 */
export async function startRun(
  { runs, clock, output }: RunCollaborators,
  { machine, smoke, minutes }: SmokeDispatchRequest,
): Promise<SmokeRunBegun> {
  const nonce = formatNonce({ instanceId: machine.instanceId, minutes, at: clock.now() });
  const inputs = {
    runner: machineName(machine.runner, machine.instanceId),
    minutes: String(minutes),
    timeout_minutes: String(minutes + limits.smokeMarginMinutes),
    nonce,
  };
  for (let dispatches = 1; dispatches <= maxDispatches; dispatches++) {
    const outcome = await onceKnown(clock, () => runs.dispatch(smoke, inputs));
    const limitMs = runFoundWithinMs[outcome.kind];
    const run = await pollUntil(() => findRunOf(runs, outcome, nonce), { clock, limitMs, say: output.say });
    if (run) {
      output.say(`The smoke test of ${machine.runner} (${minutes} min) is queued: ${run.url}`);
      return { run, minutes };
    }
    if (outcome.kind !== "unknown") break;
    output.say(
      `GitHub gave no clear answer to the dispatch of ${smoke.workflow}, and there is no run of it.`,
    );
  }
  throw new Failure(
    `GitHub shows no run of ${smoke.workflow} in ${smoke.owner}/${smoke.repository} for nonce ${nonce}. ` +
      "Look at the repository's Actions page, then run it again. See docs/troubleshooting.md#no-run.",
  );
}

/** The run that GitHub named; if it named none, the one with the nonce in its title. */
async function findRunOf(
  runs: WorkflowRuns,
  outcome: DispatchOutcome,
  nonce: string,
): Promise<Run | undefined> {
  if (outcome.kind !== "run") return (await runs.recent()).find(({ title }) => title.includes(nonce));
  try {
    return await runs.get(outcome.runId);
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

/** 404 and 422 mean that no run was created. For a new workflow they are temporary. */
async function onceKnown<Answer>(clock: Clock, call: () => Promise<Answer>): Promise<Answer> {
  const end = clock.now() + workflowKnownWithinMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!hasStatus(error, 404, 422) || clock.now() >= end) throw error;
      await clock.sleep(5_000);
    }
  }
}
