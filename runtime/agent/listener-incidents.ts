import type { Decision } from "./decide.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import { refusedSentence } from "./decide.ts";
import { hungSentence, isHung } from "./hung-listener.ts";
import type { Incidents } from "./incidents.ts";
import { maxPollErrors } from "./jobs.ts";
import type { ListenerView } from "./listener-eyes.ts";

/** Reports the incidents of the listener that one look shows. The machine's state is reported separately. */
export function tellOfListener(
  incidents: Incidents,
  seen: RunnerObservation & Pick<ListenerView, "pollErrors">,
  { action, state }: Decision,
): void {
  if (seen.refusals > 0) incidents.goesOn("versionRefused", refusedSentence);
  else incidents.isOver("versionRefused");
  if (action === "end-listener" && isHung(seen)) incidents.happened("listenerHung", hungSentence);
  const { fresh, sinceMessage } = seen.pollErrors;
  if (fresh > 0) {
    const words = `The listener has failed to poll GitHub ${sinceMessage} time(s) since its last message: at ${maxPollErrors} it ends, and cancels its job.`;
    incidents.happened("pollError", words, fresh);
  }
  // The boot script registers the machine before the agent starts, so a missing registration was lost later.
  if (state === "needs-token") incidents.goesOn("registrationGone", unknownSentence);
  else incidents.isOver("registrationGone");
}

const unknownSentence = "GitHub no longer knows its registration: npx longhaul settle gives it a new token.";
