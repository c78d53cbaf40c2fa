import type { Clock } from "./clock.ts";
import type { ListenerHost } from "./listener.ts";
import { adoptListener } from "./listener.ts";
import type { ProcessMark } from "./processes.ts";
import { unlessAbsent } from "./absent.ts";

/** Milliseconds between two looks at whether it has ended. */
const lookEveryMs = 100;

/**
 * Ends the listener politely, and waits for it: somebody else powers the
 * machine off or reboots it, and its network is about to go. A job that runs is
 * lost in any case, but GitHub hears of that now: told by SIGTERM, the listener
 * has the job fail (13.5 s) and deletes its session. Otherwise the job would be
 * "in progress" until its lock ends, and the session would keep the next
 * listener out for four minutes. A worker whose listener has died is told
 * itself.
 *
 * When the agent powers the machine off, no listener is left, and nothing is done.
 *
 * @returns what was ended; systemd limits how long that may take
 */
export async function endListener(
  host: Pick<ListenerHost, "paths" | "processes">,
  clock: Pick<Clock, "sleep">,
): Promise<"listener" | "worker" | undefined> {
  const { processes } = host;
  const listener = adoptListener(host)?.mark;
  const orphan = listener ? undefined : processes.scan().worker;
  const mark = listener ?? (orphan === undefined ? undefined : processes.mark(orphan));
  if (!mark) return undefined;
  signal(mark, "SIGTERM");
  signal(mark, "SIGCONT"); // An agent that was killed may have left it frozen.
  while (processes.isRunning(mark)) await clock.sleep(lookEveryMs);
  return listener ? "listener" : "worker";
}

function signal({ pid }: ProcessMark, name: NodeJS.Signals): void {
  unlessAbsent(() => process.kill(pid, name));
}
