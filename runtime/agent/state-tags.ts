import { tagLimits } from "../../contract/aws-limits.ts";
import { traceOf } from "../../contract/failure.ts";
import type { MachineState } from "../../contract/tags.ts";
import { tags } from "../../contract/tags.ts";
import type { Aws } from "./aws.ts";
import type { Clock } from "./clock.ts";

/** The machine's report. */
export interface StateReport {
  state: MachineState;
  /** `<owner>/<repository>/actions/runs/<id>` of its job, else empty. */
  job: string;
  /** One sentence for people. */
  detail: string;
  /** Version of the runner software; absent or empty: the last one stays. */
  version?: string;
}

/** Milliseconds until a report that could not be sent is tried again. */
const retryMs = 15_000;

export interface StateTags {
  /** Sends the report when it differs from the last one. Returns at once; a failure is logged and tried again. */
  report(report: StateReport): void;
  /** The same, and waits until it is sent. Rejects when it cannot be. */
  reportNow(report: StateReport): Promise<void>;
}

/** Reports by tags on the machine's own instance. */
export function stateTags(
  instanceId: string,
  aws: Aws,
  clock: Clock,
  log: (line: string) => void,
): StateTags {
  let sent: StateReport | undefined;
  let since = "";
  let sending = false;
  let notBefore = -Infinity;

  const send = async (report: StateReport) => {
    if (sent?.state !== report.state) since = new Date(clock.now()).toISOString();
    const values = {
      [tags.state]: report.state,
      [tags.since]: since,
      [tags.job]: report.job,
      [tags.detail]: report.detail.slice(0, tagLimits.valueLength),
      ...(report.version && { [tags.version]: report.version }),
    };
    await aws("ec2:CreateTags", {
      ResourceId: [instanceId],
      Tag: Object.entries(values).map(([Key, Value]) => ({ Key, Value })),
    });
    sent = report;
  };

  return {
    reportNow: send,
    report(report) {
      if (sending || (sent && isSame(sent, report)) || clock.monotonic() < notBefore) return;
      sending = true;
      send(report)
        .catch((error: unknown) => {
          notBefore = clock.monotonic() + retryMs;
          log(`The state ${report.state} could not be reported: ${traceOf(error)}`);
        })
        .finally(() => {
          sending = false;
        });
    },
  };
}

function isSame(one: StateReport, other: StateReport): boolean {
  return (["state", "job", "detail", "version"] as const).every((key) => one[key] === other[key]);
}
