import type { Ledger } from "./ledger.ts";
import type { MachinePower } from "./power.ts";
import type { MachineReport, StateTags } from "./state-tags.ts";

export interface LeavingHost {
  power: MachinePower;
  ledger: Ledger;
  tags: StateTags;
  log: (line: string) => void;
}

/** Refusals of EC2 after which a machine leaves without its consent. */
const maxRefusals = 5;

/**
 * Powers off a machine whose listener has ended: to sleep, or for good. The
 * shutdown behaviour is changed as late as can be, because from then on any
 * power-off is the machine's end. Where EC2 refuses that time and again, the
 * machine is only stopped: `longhaul settle` ends what sleeps on no list.
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
  // Both reports are for people: they must not keep the machine.
  const tell = (act: () => Promise<void>) =>
    act().catch((error: unknown) => {
      log(`Left without it: ${(error as Error).message}`);
    });
  await tell(() => ledger.flush());
  const report: MachineReport = { state: by === "sleep" ? "asleep" : "retired", job: "", detail: why };
  try {
    if (by === "retire") await power.endAtPowerOff();
  } catch (error) {
    const reason = `EC2 does not let it end itself: ${(error as Error).message}`;
    if (refusals + 1 < maxRefusals) throw new Refused(reason);
    Object.assign(report, { state: "asleep", detail: reason });
  }
  await tell(() => tags.reportNow(report));
  await power.powerOff();
}

/** EC2 did not take the change of the shutdown behaviour. */
export class Refused extends Error {}
