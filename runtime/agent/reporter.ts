import type { Attempt } from "./attempts.ts";
import type { Clock } from "./clock.ts";
import type { Decision } from "./decide.ts";
import type { IncidentCounts, Incidents } from "./incidents.ts";
import { jobPath } from "./job-facts.ts";
import { isOverdue } from "./job-limit.ts";
import type { Ledger } from "./ledger.ts";
import type { ListenerView } from "./listener-eyes.ts";
import type { MetricValues } from "./metrics.ts";
import { metricsEveryMs } from "./metrics.ts";
import type { Registrar } from "./registrar.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import type { StateTags } from "./state-tags.ts";

/** Reports the machine to people and to AWS, to each as often as needed. */
export interface Reporter {
  /** Tags and log, if they change. */
  report(decision: Decision, view: ListenerView): void;
  /** The last report again, with the present incidents. */
  reportAgain(): void;
  /** Metrics and ledger, when they are due. @param seen undefined: the runner could not be observed */
  publish(seen: RunnerObservation | undefined): void;
}

export interface ReporterHost {
  tags: StateTags;
  ledger: Pick<Ledger, "flush">;
  incidents: Incidents;
  registrar: Pick<Registrar, "detail">;
  publish: (
    values: Partial<Pick<MetricValues, "busy" | "listening" | "jobOverdue">>,
    incidents: IncidentCounts,
  ) => Promise<void>;
  attempt: Attempt;
  clock: Pick<Clock, "monotonic">;
  log: (line: string) => void;
}

/** Milliseconds between two tries to write what is not in the ledger yet. */
const ledgerEveryMs = 5000;

export function createReporter(host: ReporterHost): Reporter {
  const { tags, ledger, incidents, registrar, attempt, clock, log } = host;
  let reported: [Decision, ListenerView] | undefined;
  let lastWords = "";
  let metricsDueAt = clock.monotonic() + metricsEveryMs;
  let ledgerDueAt = -Infinity;

  const report = (decision: Decision, view: ListenerView) => {
    reported = [decision, view];
    const { state, detail } = decision;
    const { facts, version } = view;
    const own = state === "needs-token" ? (registrar.detail() ?? detail) : detail;
    const fullDetail = [own, incidents.detail()].filter(Boolean).join(" ");
    tags.report({ state, job: state === "busy" ? jobPath(facts) : "", detail: fullDetail, version });
    const words = `${state}${fullDetail === "" ? "" : `: ${fullDetail}`}`;
    if (words !== lastWords) log(words);
    lastWords = words;
  };

  const publishMetrics = (seen: RunnerObservation | undefined) => {
    const flag = (holds: boolean | undefined) => (holds ? 1 : 0);
    const values = seen && {
      busy: flag(seen.job),
      listening: flag(seen.listener?.listening),
      jobOverdue: flag(isOverdue(seen)),
    };
    return incidents.publish((counts) => host.publish(values ?? {}, counts));
  };

  return {
    report,
    reportAgain() {
      if (reported) report(...reported);
    },
    publish(seen) {
      const now = clock.monotonic();
      if (now >= metricsDueAt) {
        metricsDueAt = now + metricsEveryMs;
        void attempt("Publishing the metrics", () => publishMetrics(seen));
      }
      if (now >= ledgerDueAt) {
        ledgerDueAt = now + ledgerEveryMs;
        void attempt("Writing the ledger", () => ledger.flush());
      }
    },
  };
}
