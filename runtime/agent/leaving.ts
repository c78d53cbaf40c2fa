import { Failure, sentenceOf, traceOf } from "../../contract/failure.ts";
import type { Ledger } from "./ledger.ts";
import type { MachinePower } from "./power.ts";
import type { StateReport, StateTags } from "./state-tags.ts";

export interface LeavingHost {
  power: Pick<MachinePower, "endAtPowerOff" | "stopAtPowerOff">;
  ledger: Ledger;
  tags: StateTags;
  log: (line: string) => void;
}

/** Refusals by EC2 after which a machine leaves without the change. */
export const maxRefusals = 5;

/**
 * Prepares a machine whose listener has ended for its power-off: to sleep, or to
 * retire. The shutdown behaviour is changed as late as possible, because from
 * then on any power-off terminates the machine. If EC2 keeps refusing the change,
 * the machine is only stopped, and `longhaul settle` terminates it later: it
 * sleeps on neither list. A machine that is to sleep does not leave before EC2
 * has taken back an earlier change to terminate: a terminated machine cannot be
 * had back.
 *
 * @param why one sentence for people
 * @param refusals how often EC2 has refused the change before
 * @throws Refused
 */
export async function leave(
  { power, ledger, tags, log }: LeavingHost,
  by: "sleep" | "retire",
  why: string,
  refusals: number,
): Promise<void> {
  // Both reports are for people: a failure must not keep the machine.
  const tell = (act: () => Promise<void>) =>
    act().catch((error: unknown) => {
      log(`A last report failed, and the machine leaves without it: ${traceOf(error)}`);
    });
  ledger.noteStop();
  await tell(() => ledger.flush());
  const report: StateReport = { state: by === "sleep" ? "asleep" : "retired", job: "", detail: why };
  try {
    await (by === "retire" ? power.endAtPowerOff() : power.stopAtPowerOff());
  } catch (error) {
    const what = by === "retire" ? "terminate" : "only stop";
    const reason = `EC2 refuses to let its power-off ${what} it: ${sentenceOf(error, log)}`;
    if (by === "sleep" || refusals + 1 < maxRefusals) throw new Refused(reason, { cause: error });
    Object.assign(report, { state: "asleep", detail: reason });
  }
  await tell(() => tags.reportNow(report));
}

/** EC2 did not take the change of the shutdown behaviour. */
export class Refused extends Failure {}
