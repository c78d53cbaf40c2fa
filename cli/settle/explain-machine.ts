import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { readinessOf } from "../../observe/readiness.ts";
import { note, unsettled } from "./fleet-report.ts";
import type { Explanation } from "./fleet-report.ts";
import type { SettleVerdict } from "./judge-machine.ts";

/**
 * The sentence about a machine in settle's report. Undefined when there is
 * nothing to report, or when the step that acts on the machine reports it.
 *
 * @param githubUrl base of the links to jobs
 */
export function explainMachine(
  machine: ObservedMachine,
  verdict: SettleVerdict,
  githubUrl: string,
): Explanation | undefined {
  const { runner, instanceId, fleet, report } = machine;
  const unlisted = `${instanceId} (${runner || "without a runner"}) is on neither list of ${fleet}`;
  switch (verdict) {
    case "in-service":
    case "ended":
    case "asleep":
    case "needs-token":
    case "undecided":
      return undefined;
    case "candidate":
      return note(`Runner ${runner} (${instanceId}) is a candidate: \`pulumi up\` takes it into service.`);
    case "unregistered":
      return unsettled(
        `Runner ${runner} could not be labelled: ${describeMachine(machine)}. ${readinessOf(machine).nextStep}`,
      );
    case "gone":
      return unsettled(
        `Runner ${runner} is on a list, but its machine is gone: ${describeMachine(machine)}. ${readinessOf(machine).nextStep}`,
      );
    case "undescribed":
      return unsettled(
        `${instanceId} is on a list of ${fleet}, but EC2 does not describe it. See docs/troubleshooting.md#machine-unknown.`,
      );
    case "working": {
      const job = report?.job === undefined ? "" : `: ${githubUrl}/${report.job}`;
      return note(`${unlisted} and runs a job${job}. It leaves when the job has ended.`);
    }
    case "leaving":
      return note(`${unlisted} and is leaving: ${describeMachine(machine)}.`);
    case "overdue":
      return unsettled(
        `${unlisted} and has not left: ${describeMachine(machine)}. Look at the agent's log on the machine. See docs/troubleshooting.md#machine-stays.`,
      );
    case "silent":
      return unsettled(
        `${unlisted} and has never reported anything: ${describeMachine(machine)}. While a \`pulumi up\` is running, it may be new. Otherwise look at its console output. See docs/troubleshooting.md#machine-silent.`,
      );
  }
}
