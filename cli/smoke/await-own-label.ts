import { Failure } from "../../contract/failure.ts";
import { machineName } from "../../contract/names.ts";
import type { SmokeDispatchRequest } from "../../contract/requests.ts";
import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { readinessOf } from "../../observe/readiness.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Clock } from "../clock.ts";
import { describeLabels, hasOwnLabelAlone } from "../fleet/own-label.ts";
import { wasInService } from "../fleet/was-in-service.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";
import { observeOne } from "./observe-one.ts";

/**
 * Waits until GitHub lists the machine with its own label alone.
 *
 * @param limitMs milliseconds until it gives up
 * @returns `served` if the machine has been in service before
 * @throws Failure with what is known of the machine, and which labels GitHub lists
 */
export async function awaitOwnLabel(
  { aws, github, clock, output }: { aws: Aws; github: Github; clock: Clock; output: Output },
  request: SmokeDispatchRequest,
  limitMs: number,
): Promise<"own" | "served"> {
  const { machine, onlineWithinMinutes } = request;
  let seen: ObservedMachine | undefined;
  const labels = await pollUntil(
    async () => {
      seen = await observeOne({ aws, github }, request);
      if (wasInService(seen.entry)) return "served";
      if (seen.entry && hasOwnLabelAlone(seen.entry)) return "own";
      if (readinessOf(seen).verdict === "failed")
        throw new Failure(notListed(seen, "cannot begin its smoke test"));
      output.progress(`Waiting for ${machineName(machine.runner, machine.instanceId)} to register.`);
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  if (labels) return labels;
  throw new Failure(notListed(seen!, `did not begin its smoke test within ${onlineWithinMinutes} min`));
}

function notListed(machine: ObservedMachine, problem: string): string {
  const { entry, runner } = machine;
  const { verdict, nextStep } = readinessOf(machine);
  // If the machine cannot come online, that is the reason to report.
  const reason = entry && verdict !== "failed" ? ` ${describeLabels(entry)}` : ` ${nextStep}`;
  return `Runner ${runner} ${problem}: ${describeMachine(machine)}.${reason}`;
}
