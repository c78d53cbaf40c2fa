import type { Clock } from "./clock.ts";
import type { RunCommand } from "./command.ts";
import type { ListenerHost } from "./listener.ts";
import { adoptListener } from "./listener.ts";
import type { ProcessMark } from "./processes.ts";
import { unlessAbsent } from "./absent.ts";

/** Milliseconds that systemd has to answer whether the machine goes down: much less than the unit that asks may take to stop. */
const askLimitMs = 10_000;
/** What `systemctl is-system-running` says of a machine that does not go down. */
const upStates = ["initializing", "starting", "running", "degraded", "maintenance"];
/** Milliseconds between two looks at whether it has ended. */
const lookEveryMs = 100;

/**
 * Ends the listener politely, and waits for it, when the machine is powered off
 * or rebooted from outside and its network is about to go. A running job is lost
 * in any case, but this way GitHub learns of it at once: after SIGTERM, the
 * listener fails the job (13.5 s) and deletes its session. Otherwise the job
 * would be "in progress" until its lock ends, and the session would keep the
 * next listener out for four minutes. A worker is told, if its listener has died
 * directly.
 *
 * When the agent powers the machine off, no listener is left, and this does
 * nothing. It does nothing either while the machine stays up: its unit can be
 * stopped without a shutdown, and that must not end a job.
 *
 * @returns what was ended; systemd limits how long that may take
 */
export async function endListener(
  host: Pick<ListenerHost, "paths" | "processes">,
  run: RunCommand,
  clock: Pick<Clock, "sleep">,
): Promise<"listener" | "worker" | "nothing runs" | "stays up"> {
  const { processes } = host;
  if (await staysUp(run)) return "stays up";
  const listener = adoptListener(host)?.mark;
  const orphan = listener ? undefined : processes.scan().worker;
  const mark = listener ?? (orphan === undefined ? undefined : processes.mark(orphan));
  if (!mark) return "nothing runs";
  signal(mark, "SIGTERM");
  signal(mark, "SIGCONT"); // An agent that was killed may have left it frozen.
  while (processes.isRunning(mark)) await clock.sleep(lookEveryMs);
  return listener ? "listener" : "worker";
}

/**
 * If systemd does not answer in time, the machine is assumed to go down.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemctl.html (is-system-running)
 */
async function staysUp(run: RunCommand): Promise<boolean> {
  const asked = run("systemctl", ["is-system-running"], { timeoutMs: askLimitMs });
  return asked.then(
    ({ output }) => upStates.includes(output.trim()),
    () => false,
  );
}

function signal({ pid }: ProcessMark, name: NodeJS.Signals): void {
  unlessAbsent(() => process.kill(pid, name));
}
