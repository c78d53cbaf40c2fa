import type { DrainRequest } from "../../contract/requests.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Github } from "../clients/github.ts";
import { ServiceError } from "../clients/service-error.ts";
import type { Output } from "../terminal/output.ts";
import { findNonce } from "../smoke/nonce.ts";

/**
 * Cancels the smoke tests that Longhaul itself dispatched onto machines that
 * are to leave. A run of a user is never touched. If GitHub refuses, a
 * message says so: the machines leave when the runs end by themselves.
 */
export async function cancelSmokeRuns(
  github: Github | undefined,
  { smoke }: DrainRequest,
  machines: readonly ObservedMachine[],
  output: Output,
): Promise<void> {
  if (!smoke || machines.length === 0) return;
  if (!github) {
    output.say(
      "There are no GitHub credentials in the environment: smoke tests that are still going are not cancelled, " +
        "and their machines leave when they end.",
    );
    return;
  }
  const ids = new Set(machines.map(({ instanceId }) => instanceId));
  try {
    const runs = github.runs(smoke);
    for (const { id, title, url } of await runs.going()) {
      const nonce = findNonce(title);
      if (!nonce || !ids.has(nonce.instanceId)) continue;
      await runs.cancel(id);
      output.say(`The smoke test on ${nonce.instanceId} was cancelled: ${url}`);
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    output.say(`${error.message} Smoke tests that are still going were not all cancelled.`);
  }
}
