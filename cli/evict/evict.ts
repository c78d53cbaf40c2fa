import { explained, Failure } from "../../contract/failure.ts";
import { logGroupName } from "../../contract/names.ts";
import type { EvictionRecord } from "../../contract/operator-log.ts";
import { desiredFor } from "../../contract/desired.ts";
import { brieflyDescribe } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Clock } from "../clock.ts";
import type { Environment } from "../environment.ts";
import { readFleetSettings } from "../fleet/fleet-settings.ts";
import type { Output } from "../terminal/output.ts";
import { findJobs } from "./find-jobs.ts";
import type { FoundJobs } from "./find-jobs.ts";
import { forceEnd } from "./force-end.ts";

export interface EvictionCollaborators {
  aws: Aws;
  /** Absent: no credentials. Then only the machine's own tag shows its job. */
  github: Github | undefined;
  clock: Clock;
  output: Output;
  /** Asks the person; true only for an explicit yes. */
  confirm: (question: string) => Promise<boolean>;
}

/**
 * Ends a machine and the job on it. Nothing else in Longhaul does that. Who did it
 * is written into the fleet's log group first.
 *
 * @returns the record
 * @throws Failure if the person says no, the record cannot be written, or EC2 does not end the machine
 */
export async function evict(
  { aws, github, clock, output, confirm }: EvictionCollaborators,
  { name: environment, configuration, target }: Pick<Environment, "name" | "configuration" | "target">,
  machine: ObservedMachine,
  reason: string | undefined,
): Promise<EvictionRecord> {
  const { fleet, runner, instanceId, instanceState } = machine;
  const found = await findJobs(github, machine, {
    github: target.github,
    smokeRepository: configuration.smokeTest.repository,
  });
  for (const line of describeJobs(machine, found)) output.say(line);
  const links = found.jobs.map(({ url }) => url);
  const ending = links.length === 0 ? "" : `, and end ${links.join(" and ")}`;
  if (!(await confirm(`Terminate ${brieflyDescribe(machine)}${ending}?`))) {
    throw new Failure("Nothing was done.");
  }

  const record: EvictionRecord = {
    v: 1,
    kind: "eviction",
    at: new Date(clock.now()).toISOString(),
    by: aws.caller,
    reason: reason ?? null,
    environment,
    fleet,
    runner,
    machine: machine.name,
    instanceId,
    instanceState,
    jobs: links,
  };
  await writeDown(record);
  await forceEnd(aws.instances, instanceId);
  output.say(`${machine.name} is terminated by ${aws.caller}.`);
  output.say(await nextStep());
  return record;

  async function writeDown(eviction: EvictionRecord): Promise<void> {
    try {
      await aws.operatorLog.write(logGroupName(environment, fleet), eviction);
    } catch (error) {
      throw explained(
        error,
        (why) => `The record of the eviction could not be written, so nothing was done: ${why}`,
      );
    }
  }

  async function nextStep(): Promise<string> {
    const entry = "`longhaul settle` removes its entry at GitHub once EC2 reports it as terminated.";
    const settings = await readFleetSettings(aws.parameters, environment, fleet);
    if (desiredFor(machine, settings, clock.now()).listing === "none") return entry;
    return `\`longhaul rotate --runner ${runner}\` makes another machine in its place. ${entry}`;
  }
}

/** The known jobs, with the source of each. */
function describeJobs({ name, report }: ObservedMachine, { jobs, notes }: FoundJobs): string[] {
  const sources = {
    both: "reported by the machine and by GitHub",
    machine: "reported only by the machine's own tag",
    GitHub: "reported by GitHub, and not by the machine's own tag",
  };
  const lines = jobs.map(({ url, saidBy }) => `${name} runs a job of ${url} (${sources[saidBy]}).`);
  if (lines.length === 0) {
    const own = report ? `it reports ${report.state}` : "it has reported nothing";
    lines.push(`No job was found on ${name}: ${own}. A job may still be on its way to it.`);
  }
  return [...lines, ...notes];
}
