import type { Clock } from "./clock.ts";
import { endListener } from "./ending.ts";
import type { Ledger } from "./ledger.ts";
import type { ListenerWatch } from "./listener-watch.ts";
import type { MachinePower } from "./power.ts";
import type { MachineReport, StateTags } from "./state-tags.ts";

export interface LeavingHost {
  listener: ListenerWatch;
  power: MachinePower;
  ledger: Ledger;
  tags: StateTags;
  clock: Clock;
  log: (line: string) => void;
}

/** Refusals of EC2 after which a machine leaves without its consent. */
const maxRefusals = 5;

/**
 * Leaves: ends the listener, looks back, and powers off so that EC2 terminates
 * the instance. The shutdown behaviour is changed late, because from then on
 * any power-off is the machine's end. Where EC2 refuses that time and again,
 * the machine is only stopped: `longhaul drain` ends what sleeps on no list.
 *
 * @param refusals how often EC2 has refused the change before
 * @returns false when a job has arrived after all: the listener must run again
 * @throws Refused; Error when the listener does not end
 */
export async function retire(
  { listener, power, ledger, tags, clock, log }: LeavingHost,
  refusals: number,
): Promise<boolean> {
  const before = listener.look();
  if (before.job || before.worker || (await endListener(listener, clock))) return false;
  // Both reports are for people: they must not keep the machine.
  const tell = (act: () => Promise<void>) =>
    act().catch((error: unknown) => {
      log(`Left without it: ${(error as Error).message}`);
    });
  await tell(() => ledger.flush());
  let report: MachineReport = { state: "retired", job: "", detail: "On neither list of its fleet any more." };
  try {
    await power.endAtPowerOff();
  } catch (error) {
    const reason = `EC2 does not let it end itself: ${(error as Error).message}`;
    if (refusals + 1 < maxRefusals) throw new Refused(reason);
    report = { ...report, state: "asleep", detail: reason };
  }
  await tell(() => tags.reportNow(report));
  await power.powerOff();
  return true;
}

/** EC2 did not take the change of the shutdown behaviour. */
export class Refused extends Error {}
