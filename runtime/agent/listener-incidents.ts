import type { Decision } from "./decide.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import { refusedSentence } from "./decide.ts";
import { hungSentence, isHung } from "./hung-listener.ts";
import type { Incidents } from "./incidents.ts";
import { maxPollErrors } from "./jobs.ts";
import type { ListenerView } from "./listener-eyes.ts";

/** What people are told of a listener besides the machine's state, from one look. */
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
  // The boot script has registered the machine before there was an agent.
  if (state === "needs-token") incidents.goesOn("registrationGone", unknownSentence);
  else incidents.isOver("registrationGone");
}

const unknownSentence = "GitHub no longer knows its registration: npx longhaul settle gives it a new token.";
