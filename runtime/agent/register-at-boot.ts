import { traceOf } from "../../contract/failure.ts";
import type { Clock } from "./clock.ts";
import type { RegistrationHost } from "./registration.ts";
import { createRegistrar } from "./registrar.ts";
import { register } from "./registration.ts";
import { isRegistered } from "./registration-files.ts";
import type { StateTags } from "./state-tags.ts";

/** Milliseconds that a token may take to arrive before the machine asks for one by its state. */
const patienceMs = 2 * 60_000;
const maxPollMs = 5000;

/**
 * Registers a machine at its first boot, and waits for the token as long as it
 * takes: the boot timer limits that. If it is interrupted and run again, it
 * continues where it was.
 */
export async function registerAtBoot(
  host: RegistrationHost & { clock: Clock; tags: StateTags; log: (line: string) => void },
): Promise<void> {
  const { paths, token, configuration, clock, tags, log } = host;
  const started = clock.monotonic();
  const registrar = createRegistrar(() => register(host), log);
  const needsToken = (detail: string) => {
    tags.report({ state: "needs-token", job: "", detail });
  };
  const overwriteToken = async () => {
    if (await token.isKept()) await token.markUsed();
  };
  // The boot goes on, and the agent tries again.
  const tellTokenKept = (why: unknown) => {
    log(`The used registration token could not be overwritten: ${traceOf(why)}`);
  };
  const attempt = async (): Promise<boolean> => {
    if (isRegistered(paths)) {
      // An earlier run was interrupted after its success: only the token may be left to overwrite.
      await overwriteToken().catch(tellTokenKept);
      return true;
    }
    const result = await registrar.attempt();
    if (result.outcome !== "no-token" && result.tokenKept) tellTokenKept(result.tokenKept);
    if (result.outcome === "registered") return true;
    const isOnItsWay = result.outcome === "no-token" && result.parameter !== "used";
    const detail = registrar.detail();
    if (detail !== undefined && (!isOnItsWay || clock.monotonic() - started > patienceMs)) needsToken(detail);
    return false;
  };
  log("Waiting for the registration token.");
  for (let lastProblem = ""; ;) {
    try {
      if (await attempt()) break;
    } catch (error) {
      const problem = traceOf(error);
      if (problem !== lastProblem) log(problem);
      lastProblem = problem;
    }
    await clock.sleep(Math.min(configuration.pollSeconds * 1000, maxPollMs));
  }
  log(`Registered as ${host.machine}.`);
}
