import type { Attempt } from "./attempts.ts";
import { loggedAttempts } from "./attempts.ts";
import type { ActHost } from "./acts.ts";
import { actOn } from "./acts.ts";
import type { Clock } from "./clock.ts";
import { decide, wantsToLeave } from "./decide.ts";
import type { FleetWatch } from "./fleet-watch.ts";
import type { Incidents } from "./incidents.ts";
import type { Ledger } from "./ledger.ts";
import { tellOfListener } from "./listener-incidents.ts";
import type { ListenerView } from "./listener-eyes.ts";
import type { ListenerWatch } from "./listener-watch.ts";
import { lookEveryMs, lookOver, newAgentMemory, sleepAtOf } from "./look.ts";
import type { MachinePower } from "./power.ts";
import { powerOffForGood } from "./powering-off.ts";
import { createRegistrar } from "./registrar.ts";
import type { RegistrationResult } from "./registration.ts";
import type { DiskBallast } from "./ballast.ts";
import type { RunnerLogs } from "./runner-logs.ts";
import type { SleepTime } from "./sleep-time.ts";
import type { Reporter, ReporterHost } from "./reporter.ts";
import { createReporter } from "./reporter.ts";

export interface SupervisorHost extends Pick<ReporterHost, "tags" | "publish"> {
  listener: ListenerWatch;
  fleet: FleetWatch;
  sleepTime: SleepTime;
  power: MachinePower;
  ledger: Ledger;
  ballast: DiskBallast;
  /** Keeps the runner's own logs within bounds. */
  runnerLogs: RunnerLogs;
  incidents: Incidents;
  register: () => Promise<RegistrationResult>;
  /** Makes sure that no used registration token stays in SSM. */
  overwriteUsedToken: () => Promise<void>;
  pollSeconds: number;
  quietMs: number;
  clock: Clock;
  log: (line: string) => void;
}

/** Milliseconds without a look at the runner after which people are notified. */
export const unseenMs = 60_000;
const unseenSentence =
  "The agent cannot see what the runner does, so the machine neither sleeps nor leaves. The agent's log says why.";
/**
 * Looks after the runner until the machine leaves, and then powers it off. If an
 * earlier agent has requested the power-off, only that is left to do. Never
 * resolves: systemd ends the agent with the machine.
 */
export async function supervise(host: SupervisorHost): Promise<never> {
  if (!host.power.isPoweringOff()) await lookAfterRunner(host);
  return powerOffForGood({
    ...host,
    publishIdle: () =>
      host.incidents.publish((incidents) =>
        host.publish({ busy: 0, listening: 0, jobOverdue: 0 }, incidents),
      ),
  });
}

/**
 * Observes, decides, acts and reports, once a second, until the machine is to
 * power off. Everything is level-triggered: a failure is logged, and the next
 * look decides again.
 */
async function lookAfterRunner(host: SupervisorHost): Promise<void> {
  const { listener, fleet, clock, sleepTime, quietMs } = host;
  const attempt = loggedAttempts(host.log);
  const registrar = createRegistrar(host.register, host.log);
  const reporter = createReporter({ ...host, registrar, attempt });
  const lookAtRunner = runnerEyes(host, reporter);
  const terms = { sleepTime, quietMs, decide };
  const agent = { memory: newAgentMemory(clock.monotonic()), isLeaving: false };
  const remember: ActHost["remember"] = (change) => {
    agent.memory = change(agent.memory);
  };

  /** @returns milliseconds until the next look */
  const look = async (): Promise<number> => {
    const fleetView = fleet.view();
    const sleepAt = sleepAtOf(agent.memory, fleetView, sleepTime);
    const desired = { ...fleetView, now: clock.monotonic(), sleepAt };
    const view = lookAtRunner(wantsToLeave(desired) !== undefined);
    const result = lookOver(agent.memory, clock.monotonic(), view, fleetView, terms);
    agent.memory = result.memory;
    tellOfListener(host.incidents, { ...view, ...result.seen }, result.decision);
    reporter.report(result.decision, view);
    reporter.publish(result.seen);
    void attempt("Overwriting the used registration token", host.overwriteUsedToken);
    agent.isLeaving = await actOn({ ...host, registrar, remember }, result);
    if (result.decision.action === "stay") await keepHouse(host, view, attempt);
    return result.nextMs;
  };

  const readFleet = () => attempt("Reading the fleet's parameters", () => fleet.read());

  /** Concurrent with the looks at the runner: a slow AWS must not delay them. */
  const pollFleet = async () => {
    while (!agent.isLeaving) {
      await clock.sleep(fleet.nextReadMs());
      await readFleet();
    }
  };

  const firstRead = readFleet();
  void firstRead.then(pollFleet);
  // Without this, the first look would not know the fleet's parameters.
  await Promise.race([firstRead, clock.sleep(lookEveryMs)]);
  while (!agent.isLeaving) {
    let nextMs = lookEveryMs;
    await attempt("Looking after the runner", async () => {
      try {
        nextMs = await look();
      } catch (error) {
        listener.thaw(); // Whatever went wrong, a listener must not stay frozen.
        throw error;
      }
    });
    await clock.sleep(Math.min(nextMs, host.pollSeconds * 1000));
  }
}

/** If the runner cannot be observed, nothing is done to it, and that is reported as far as AWS allows. */
function runnerEyes({ listener, incidents, clock }: SupervisorHost, reporter: Reporter) {
  let unseenSince: number | undefined;
  return (closely: boolean): ListenerView => {
    try {
      const view = listener.look(closely);
      unseenSince = undefined;
      incidents.isOver("runnerUnseen");
      return view;
    } catch (error) {
      unseenSince ??= clock.monotonic();
      if (clock.monotonic() - unseenSince >= unseenMs) {
        incidents.goesOn("runnerUnseen", unseenSentence);
        reporter.reportAgain();
        reporter.publish(undefined);
      }
      throw error;
    }
  };
}

/** The machine's own upkeep, between the acts on its jobs. */
async function keepHouse({ ballast, runnerLogs }: SupervisorHost, view: ListenerView, attempt: Attempt) {
  await attempt("Keeping room on the disk for the next job", () => ballast.look(view.worker));
  await attempt("Removing old logs of the runner", async () => {
    runnerLogs.look(view.worker ? (view.workerAt ?? -Infinity) : undefined);
    return Promise.resolve();
  });
}
