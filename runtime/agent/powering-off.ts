import { sentenceOf } from "../../contract/failure.ts";
import type { Clock } from "./clock.ts";
import type { Incidents } from "./incidents.ts";
import type { Ledger } from "./ledger.ts";
import type { MachinePower } from "./power.ts";
import type { StateTags } from "./state-tags.ts";

export interface PoweringOffHost {
  power: Pick<MachinePower, "powerOff">;
  ledger: Pick<Ledger, "flush">;
  tags: Pick<StateTags, "report">;
  incidents: Incidents;
  /** Publishes the metrics of a machine that has no listener. */
  publishIdle: () => Promise<void>;
  clock: Pick<Clock, "sleep">;
  log: (line: string) => void;
}

/** Milliseconds after which the power-off is requested again: twice the longest time that logind is known to wait for delay locks. */
export const askAgainMs = 60_000;

/**
 * Powers the machine off, and never resolves: systemd ends this process when the
 * machine goes down. An agent that ended by itself would be started again while
 * logind waits for delay locks. Its successor would start a listener, take a job,
 * and lose it when the power goes.
 *
 * There is no way back, whatever lists and power say by then and whatever the
 * command answers: a requested power-off may come at any time. If it does not
 * come, something holds it (an inhibitor, a unit that does not stop). Then people
 * are notified, and it is requested again.
 */
export async function powerOffForGood(host: PoweringOffHost): Promise<never> {
  const { power, clock, log } = host;
  for (;;) {
    const problem = await problemOf(power.powerOff(), log);
    if (problem !== undefined) log(`Powering off failed: ${problem}`);
    await clock.sleep(askAgainMs);
    await tellThatItStays(host, problem);
  }
}

async function tellThatItStays(
  { ledger, tags, incidents, publishIdle, log }: PoweringOffHost,
  problem: string | undefined,
): Promise<void> {
  const answer = problem === undefined ? "" : ` ${problem}.`;
  incidents.goesOn(
    "powerOffHeld",
    "The machine has asked for its power-off and still runs, without a listener: " +
      `see systemd-inhibit --list and systemctl list-jobs on the machine.${answer}`,
  );
  tags.report({ state: "leaving", job: "", detail: incidents.detail() });
  for (const rest of [ledger.flush(), publishIdle()]) {
    const failure = await problemOf(rest, log);
    if (failure !== undefined) log(failure);
  }
}

async function problemOf(work: Promise<void>, log: (text: string) => void): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return sentenceOf(error, log);
  }
}
