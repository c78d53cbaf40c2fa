import type { Clock } from "./clock.ts";
import type { Decision, Observation } from "./decide.ts";
import { decide } from "./decide.ts";
import { endListener } from "./ending.ts";
import type { FleetWatch } from "./fleet-watch.ts";
import { jobPath } from "./job-facts.ts";
import type { Ledger } from "./ledger.ts";
import { Refused, retire } from "./leaving.ts";
import type { ListenerView, ListenerWatch } from "./listener-watch.ts";
import type { MetricValues } from "./metrics.ts";
import { metricsEveryMs } from "./metrics.ts";
import type { MachinePower } from "./power.ts";
import type { RegistrationResult } from "./registration.ts";
import { tokenDetail } from "./registration.ts";
import type { StateTags } from "./state-tags.ts";

export interface SupervisorHost {
  listener: ListenerWatch;
  fleet: FleetWatch;
  power: MachinePower;
  tags: StateTags;
  ledger: Ledger;
  register: () => Promise<RegistrationResult>;
  publish: (values: Pick<MetricValues, "busy" | "listening">) => Promise<void>;
  pollSeconds: number;
  clock: Clock;
  log: (line: string) => void;
}

/** Milliseconds between two looks at the runner. */
const lookEveryMs = 1000;
/** Milliseconds between two tries to write what is not in the ledger yet. */
const ledgerEveryMs = 5000;
/**
 * Milliseconds that a machine stays when a job was on its way to it as it left:
 * three minutes of quiet, after the four for which GitHub may hold the session
 * of the listener that was ended.
 */
const quietMs = 7 * 60_000;
/** Milliseconds until EC2 is asked again after its first refusal of the machine's end; doubled each time. */
const refusedMs = 5000;

/**
 * Looks after the runner until the machine powers off: observe, decide, act,
 * report, once a second. Everything is level-triggered: what fails is logged,
 * and decided again on the next look.
 */
export async function supervise(host: SupervisorHost): Promise<void> {
  const { fleet, clock, log } = host;
  const present = { bootTimer: "armed" as Observation["bootTimer"], mayLeaveAt: -Infinity };
  const due = {
    token: -Infinity,
    retiring: -Infinity,
    ledger: -Infinity,
    metrics: clock.monotonic() + metricsEveryMs,
  };
  const done = { left: false };
  let refusals = 0;
  const problems = new Map<string, string>();
  let lastWords = "";

  const attempt = async (what: string, act: () => Promise<void>) => {
    try {
      await act();
      problems.delete(what);
    } catch (error) {
      const problem = (error as Error).message;
      if (problems.get(what) !== problem) log(`${what} failed: ${problem}`); // Once, not once a second.
      problems.set(what, problem);
    }
  };

  const act = async ({ action }: Decision) => {
    switch (action) {
      case "stay":
        return;
      case "cancel-boot-timer":
        await host.power.cancelBootTimer();
        present.bootTimer = "cancelled";
        return;
      case "start-listener":
        refusals = 0;
        due.retiring = -Infinity;
        host.listener.start();
        return;
      case "restart-listener":
        if (await endListener(host.listener, clock)) mustStay("freed its listener");
        return;
      case "register":
        await registerWhenDue();
        return;
      case "retire":
        await retireWhenDue();
    }
  };

  const mustStay = (doing: string) => {
    present.mayLeaveAt = clock.monotonic() + quietMs;
    log(`A job arrived while the machine ${doing}: it stays.`);
  };

  const retireWhenDue = async () => {
    if (clock.monotonic() < due.retiring) return;
    try {
      done.left = await retire(host, refusals);
      if (!done.left) mustStay("was leaving");
    } catch (error) {
      if (error instanceof Refused) due.retiring = clock.monotonic() + refusedMs * 2 ** refusals++;
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
    host.listener.forgetExit();
  };

  const report = ({ state, detail }: Decision, { facts }: ListenerView) => {
    const told = state === "needs-token" ? (registrationFailure ?? noToken ?? detail) : detail;
    host.tags.report({ state, job: state === "busy" ? jobPath(facts) : "", detail: told });
    const words = `${state}${told === "" ? "" : `: ${told}`}`;
    if (words !== lastWords) log(words);
    lastWords = words;
  };

  const publishWhenDue = (view: ListenerView) => {
    if (clock.monotonic() < due.metrics) return;
    due.metrics = clock.monotonic() + metricsEveryMs;
    const values = { busy: view.job ? 1 : 0, listening: view.listener?.listening ? 1 : 0 };
    void attempt("Publishing the metrics", () => host.publish(values));
  };

  const flushWhenDue = () => {
    if (clock.monotonic() < due.ledger) return;
    due.ledger = clock.monotonic() + ledgerEveryMs;
    void attempt("Writing the ledger", () => host.ledger.flush());
  };

  /** Beside the looks at the runner: a slow AWS must not hold them up. */
  const pollFleet = async () => {
    while (!done.left) {
      await attempt("Reading the fleet's parameters", () => fleet.read());
      await clock.sleep(fleet.nextReadMs());
    }
  };

  void pollFleet();
  while (!done.left) {
    await attempt("Looking after the runner", async () => {
      const view = host.listener.look();
      const decision = decide({ now: clock.monotonic(), ...view, ...fleet.view(), ...present });
      report(decision, view);
      publishWhenDue(view);
      flushWhenDue();
      await act(decision);
    });
    await clock.sleep(Math.min(lookEveryMs, host.pollSeconds * 1000));
  }
}
