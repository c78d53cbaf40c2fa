import { traceOf } from "../../contract/failure.ts";
import type { Clock } from "./clock.ts";
import type { Decision } from "./decide.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import { decide, wishToLeave } from "./decide.ts";
import type { FleetWatch } from "./fleet-watch.ts";
import type { IncidentCounts, Incidents } from "./incidents.ts";
import { jobPath } from "./job-facts.ts";
import { isOverdue } from "./job-limit.ts";
import type { Ledger } from "./ledger.ts";
import { leave, Refused } from "./leaving.ts";
import { tellOfListener } from "./listener-incidents.ts";
import type { ListenerView, ListenerWatch } from "./listener-watch.ts";
import type { MetricValues } from "./metrics.ts";
import { metricsEveryMs } from "./metrics.ts";
import type { MachinePower } from "./power.ts";
import { powerOffForGood } from "./powering-off.ts";
import type { RegistrationResult } from "./registration.ts";
import { tokenDetail } from "./registration.ts";
import type { Reserve } from "./reserve.ts";
import type { RunnerLogs } from "./runner-logs.ts";
import type { SleepTime } from "./sleep-time.ts";
import type { StateTags } from "./state-tags.ts";

export interface SupervisorHost {
  listener: ListenerWatch;
  fleet: FleetWatch;
  sleepTime: SleepTime;
  power: MachinePower;
  tags: StateTags;
  ledger: Ledger;
  reserve: Reserve;
  /** Keeps the runner's own logs within bounds. */
  runnerLogs: RunnerLogs;
  incidents: Incidents;
  register: () => Promise<RegistrationResult>;
  /** Sees to it that no used registration token stays in SSM. */
  overwriteUsedToken: () => Promise<void>;
  publish: (
    values: Partial<Pick<MetricValues, "busy" | "listening" | "jobOverdue">>,
    incidents: IncidentCounts,
  ) => Promise<void>;
  pollSeconds: number;
  quietMs: number;
  clock: Clock;
  log: (line: string) => void;
}

/** Milliseconds for which the runner may not be seen before people are told. */
export const unseenMs = 60_000;
const unseenSentence =
  "The agent cannot see what the runner does, so the machine neither sleeps nor leaves: its log says why.";
const bootTimerSentence =
  "The timer of the machine's boot cannot be cancelled: no listener is started, and where it is armed it powers the machine off an hour after the boot. The agent's log says why.";
/** Milliseconds between two looks at the runner. */
const lookEveryMs = 1000;
/** Milliseconds until the next look where a listener is frozen, or has just been ended. */
const lookSoonMs = 20;
/** Milliseconds between two tries to write what is not in the ledger yet. */
const ledgerEveryMs = 5000;
/** Milliseconds until EC2 is asked again after its first refusal of the machine's end; doubled each time. */
const refusedMs = 5000;
const maxRefusedMs = 5 * 60_000;

/**
 * Looks after the runner until the machine leaves, and then powers it off. Where
 * an earlier agent has asked for the power-off, that is all that is left to do.
 * Never resolves: systemd ends the agent with the machine.
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
 * power off. Everything is level-triggered: what fails is logged, and decided
 * again on the next look.
 */
async function lookAfterRunner(host: SupervisorHost): Promise<void> {
  const { listener, fleet, clock, log } = host;
  let bootTimer: RunnerObservation["bootTimer"] = "armed";
  const due = {
    token: -Infinity,
    leaving: -Infinity,
    ledger: -Infinity,
    metrics: clock.monotonic() + metricsEveryMs,
  };
  const done = { left: false };
  let lastActivityAt = clock.monotonic();
  let refusals = 0;
  const problems = new Map<string, string>();
  let lastWords = "";
  let unseenSince: number | undefined;
  let reported: [Decision, ListenerView] | undefined;

  const attempt = async (what: string, act: () => Promise<void>) => {
    try {
      await act();
      problems.delete(what);
    } catch (error) {
      const problem = traceOf(error);
      if (problems.get(what) !== problem) log(`${what} failed: ${problem}`); // Once, not once a second.
      problems.set(what, problem);
    }
  };

  const act = async ({ action, detail }: Decision) => {
    switch (action) {
      case "stay":
        return;
      case "cancel-boot-timer":
        await cancelBootTimer();
        return;
      case "start-listener":
        refusals = 0;
        due.leaving = -Infinity;
        listener.start();
        host.ledger.noteStart();
        return;
      case "freeze":
        listener.freeze();
        return;
      case "thaw":
        listener.thaw();
        return;
      case "end-listener":
        await listener.end();
        return;
      case "end-job":
        listener.endJob("SIGTERM");
        return;
      case "kill-job":
        listener.endJob("SIGKILL");
        return;
      case "register":
        await registerWhenDue();
        return;
      case "sleep":
      case "retire":
        await leaveWhenDue(action, detail);
    }
  };

  const cancelBootTimer = async () => {
    try {
      await host.power.cancelBootTimer();
    } catch (error) {
      host.incidents.goesOn("bootTimerKept", bootTimerSentence);
      throw error;
    }
    host.incidents.isOver("bootTimerKept");
    bootTimer = "cancelled";
  };

  const leaveWhenDue = async (by: "sleep" | "retire", why: string) => {
    if (clock.monotonic() < due.leaving) return;
    try {
      await leave(host, by, why, refusals);
      done.left = true;
    } catch (error) {
      if (error instanceof Refused) {
        due.leaving = clock.monotonic() + Math.min(maxRefusedMs, refusedMs * 2 ** refusals++);
      }
      throw error;
    }
  };

  let registrationFailure: string | undefined;
  let noToken: string | undefined;
  const registerWhenDue = async () => {
    if (clock.monotonic() < due.token) return;
    due.token = clock.monotonic() + host.pollSeconds * 1000;
    const result = await host.register();
    registrationFailure = result.outcome === "failed" ? result.reason : registrationFailure;
    noToken = result.outcome === "no-token" ? tokenDetail(result.parameter) : undefined;
    if (result.outcome === "failed") log(`The registration failed: ${result.reason}`);
    if (result.outcome !== "registered") return;
    registrationFailure = undefined;
    listener.forgetExit();
  };

  const report = (decision: Decision, view: ListenerView) => {
    reported = [decision, view];
    const { state, detail } = decision;
    const { facts, version } = view;
    const own = state === "needs-token" ? (registrationFailure ?? noToken ?? detail) : detail;
    const told = [own, host.incidents.detail()].filter(Boolean).join(" ");
    host.tags.report({ state, job: state === "busy" ? jobPath(facts) : "", detail: told, version });
    const words = `${state}${told === "" ? "" : `: ${told}`}`;
    if (words !== lastWords) log(words);
    lastWords = words;
  };

  /** @param seen undefined: nothing could be seen */
  const publishWhenDue = (seen: RunnerObservation | undefined) => {
    if (clock.monotonic() < due.metrics) return;
    due.metrics = clock.monotonic() + metricsEveryMs;
    const flag = (holds: boolean | undefined) => (holds ? 1 : 0);
    const values = seen && {
      busy: flag(seen.job),
      listening: flag(seen.listener?.listening),
      jobOverdue: flag(isOverdue(seen)),
    };
    void attempt("Publishing the metrics", () =>
      host.incidents.publish((incidents) => host.publish(values ?? {}, incidents)),
    );
  };

  const flushWhenDue = () => {
    if (clock.monotonic() < due.ledger) return;
    due.ledger = clock.monotonic() + ledgerEveryMs;
    void attempt("Writing the ledger", () => host.ledger.flush());
  };

  const readFleet = () => attempt("Reading the fleet's parameters", () => fleet.read());

  /** Beside the looks at the runner: a slow AWS must not hold them up. */
  const pollFleet = async () => {
    while (!done.left) {
      await clock.sleep(fleet.nextReadMs());
      await readFleet();
    }
  };

  /** Where the runner cannot be seen, nothing is done to it, and that is told as far as AWS takes it. */
  const lookAtRunner = (closely: boolean): ListenerView => {
    try {
      const view = listener.look(closely);
      unseenSince = undefined;
      host.incidents.isOver("runnerUnseen");
      return view;
    } catch (error) {
      unseenSince ??= clock.monotonic();
      if (clock.monotonic() - unseenSince >= unseenMs) {
        host.incidents.goesOn("runnerUnseen", unseenSentence);
        if (reported) report(...reported);
        publishWhenDue(undefined);
        flushWhenDue();
      }
      throw error;
    }
  };

  /** @returns milliseconds until the next look */
  const look = async (): Promise<number> => {
    const fleetView = fleet.view();
    const { power, idleMinutes } = fleetView;
    const wish = () => ({
      ...fleetView,
      now: clock.monotonic(),
      sleepAt: host.sleepTime({ power: power?.power, idleMinutes, lastActivityAt }),
    });
    const view = lookAtRunner(wishToLeave(wish()) !== undefined);
    lastActivityAt = view.lastActivityAt;
    const seen = { ...view, ...wish(), quietMs: host.quietMs, bootTimer };
    const decision = decide(seen);
    tellOfListener(host.incidents, seen, decision);
    report(decision, view);
    publishWhenDue(seen);
    flushWhenDue();
    void attempt("Overwriting the used registration token", host.overwriteUsedToken);
    await act(decision);
    if (decision.action === "stay") {
      await attempt("Keeping room on the disk for the next job", () => host.reserve.look(view.worker));
      await attempt("Removing old logs of the runner", async () => {
        host.runnerLogs.look(view.worker ? (view.workerAt ?? -Infinity) : undefined);
        return Promise.resolve();
      });
    }
    return ["freeze", "end-listener"].includes(decision.action) ? lookSoonMs : lookEveryMs;
  };

  const firstRead = readFleet();
  void firstRead.then(pollFleet);
  // The first look would see nothing of the fleet yet.
  await Promise.race([firstRead, clock.sleep(lookEveryMs)]);
  while (!done.left) {
    let nextMs = lookEveryMs;
    await attempt("Looking after the runner", async () => {
      try {
        nextMs = await look();
      } catch (error) {
        listener.thaw(); // Whatever went wrong, a frozen listener is not left alone with it.
        throw error;
      }
    });
    await clock.sleep(Math.min(nextMs, host.pollSeconds * 1000));
  }
}
