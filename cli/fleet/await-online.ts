import { Failure } from "../../contract/failure.ts";
import type { AwaitRequest } from "../../contract/requests.ts";
import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine, RunnerEntry } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import { readinessOf } from "../../observe/readiness.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Clock } from "../clock.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";
import { readFleetSettings } from "./fleet-settings.ts";
import { missingLabels } from "./labels.ts";
import { describeLabels, hasOwnLabelAlone } from "./own-label.ts";
import { removeSpentTokens } from "./remove-spent-tokens.ts";
import { wasInService } from "./was-in-service.ts";

export interface AwaitCollaborators {
  aws: Aws;
  github: Github;
  clock: Clock;
  output: Output;
}

/** A machine that is online and now has the fleet's labels. */
export interface OnlineMachine {
  runner: string;
  instanceId: string;
  /** Labels that were added now. */
  added: string[];
}

/**
 * Waits until every machine that is not in service yet is online at GitHub and
 * listed there with its own label alone, or has been in service before. Then it
 * removes what is left of their registration tokens, so that no job for the fleet
 * runs beside one, and gives each machine the fleet's labels. If one machine
 * fails, none gets them. Machines on the roster were proven before: whether they
 * sleep or are broken, they must not hold up the others.
 *
 * @throws Failure with the problem of each machine that is not ready; ServiceError if AWS or GitHub refuses
 */
export async function awaitOnline(
  { aws, github, clock, output }: AwaitCollaborators,
  { target, fleet, machines: declared, labels, onlineWithinMinutes, ownTags, kmsKeyArn }: AwaitRequest,
): Promise<OnlineMachine[]> {
  const { roster } = await readFleetSettings(aws.parameters, target.environment, fleet);
  const machines = declared.filter(({ instanceId }) => !roster?.includes(instanceId));
  if (machines.length === 0) return [];
  let seen: ObservedMachine[] = [];
  const online = await pollUntil(
    async () => {
      seen = await observeMachines(
        { ec2: aws.instances, github: github.runners },
        { environment: target.environment, fleet, machines },
      );
      if (seen.some((machine) => readinessOf(machine).verdict === "failed")) {
        throw new Failure(notReady(seen, "is not online yet"));
      }
      output.progress(`${seen.filter(isReady).length} of ${machines.length} machines are online.`);
      return seen.every(isReady) ? seen : undefined;
    },
    { clock, limitMs: onlineWithinMinutes * 60_000, say: output.say },
  );
  if (!online) throw new Failure(notReady(seen, `did not come online within ${onlineWithinMinutes} min`));

  await removeSpentTokens(
    { aws, output },
    { environment: target.environment, fleet, ownTags, kmsKeyArn },
    online.map(({ runner, instanceId }) => ({ runner, instanceId, isOnline: true, hasParameter: true })),
  );

  const labelled: OnlineMachine[] = [];
  for (const { runner, instanceId, entry } of online) {
    const added = await addMissing(github, entry!, labels);
    if (added.length > 0)
      output.say(`${runner} (${instanceId}) is online and was labelled ${added.join(", ")}.`);
    labelled.push({ runner, instanceId, added });
  }
  return labelled;
}

async function addMissing(github: Github, entry: RunnerEntry, labels: readonly string[]): Promise<string[]> {
  const missing = missingLabels(entry, labels);
  if (missing.length > 0) await github.runners.addLabels(entry, missing);
  return missing;
}

function isOnline(machine: ObservedMachine): boolean {
  return readinessOf(machine).verdict === "online";
}

/** True if the machine may get the fleet's labels. */
function isReady(machine: ObservedMachine): boolean {
  const { entry } = machine;
  return isOnline(machine) && entry !== undefined && (hasOwnLabelAlone(entry) || wasInService(entry));
}

/** @param late the words for machines that may still come up */
function notReady(machines: readonly ObservedMachine[], late: string): string {
  return machines
    .filter((machine) => !isReady(machine))
    .map((machine) => {
      const { verdict, nextStep } = readinessOf(machine);
      if (verdict === "online")
        return `Runner ${machine.runner} is online. ${describeLabels(machine.entry!)}`;
      const problem = verdict === "failed" ? "cannot come online" : late;
      return `Runner ${machine.runner} ${problem}: ${describeMachine(machine)}. ${nextStep}`;
    })
    .join("\n");
}
