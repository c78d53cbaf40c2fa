import type { Clock } from "./clock.ts";
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

const retired: MachineReport = {
  state: "retired",
  job: "",
  detail: "On neither list of its fleet any more.",
};

/** Milliseconds between two looks at a listener that has been ended, and how many looks. */
const lookMs = 50;
const maxLooks = 100;

/**
 * Leaves for good: ends the listener, looks back, and powers off so that EC2
 * terminates the instance. The shutdown behaviour is changed last of all,
 * because from then on any power-off is the machine's end.
 *
 * @returns false when a job has arrived after all: the listener must run again
 * @throws when the listener does not end, or EC2 does not take the change
 */
export async function retire({ listener, power, ledger, tags, clock, log }: LeavingHost): Promise<boolean> {
  const before = listener.look();
  if (before.job || before.worker) return false;
  // Not politely: that would cancel a job that slips in now, while a message never taken goes to another runner.
  listener.kill();
  let after = listener.look();
  for (let looks = 0; after.listener; looks++) {
    if (looks === maxLooks) throw new Error("The listener has not ended after SIGKILL.");
    await clock.sleep(lookMs);
    after = listener.look();
  }
  if (after.received > before.received || after.worker) return false;
  // Both are for people: they must not keep the machine.
  for (const tell of [() => ledger.flush(), () => tags.reportNow(retired)]) {
    await tell().catch((error: unknown) => {
      log(`Left without it: ${(error as Error).message}`);
    });
  }
  await power.endAtPowerOff();
  await power.powerOff();
  return true;
}
