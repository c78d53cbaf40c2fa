import type { DrainRequest } from "../../contract/requests.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { brieflyDescribe } from "../../observe/describe-machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Clock } from "../clock.ts";
import { NotFinished } from "../exit-codes.ts";
import type { Output } from "../terminal/output.ts";
import { whyItStays } from "../entries/judge-entry.ts";
import { removeEntries } from "../entries/remove-entries.ts";
import { readKnownMachines } from "../entries/known-machines.ts";
import { endAsleep } from "../fleet/end-asleep.ts";
import { pollUntil } from "../poll.ts";
import { cancelSmokeRuns } from "./cancel-smoke-runs.ts";
import { changeOverride } from "../operator/change-override.ts";
import { closing } from "../operator/closing.ts";
import { guardedName, machinesUsing } from "./machines-using.ts";

export interface DrainCollaborators {
  aws: Aws;
  /** Absent: no credentials. Then smoke tests end by themselves and entries stay. */
  github: Github | undefined;
  clock: Clock;
  output: Output;
}

/**
 * Waits until no machine uses what is about to be deleted. A running machine is
 * never stopped: it leaves by itself once its job has ended.
 *
 * @throws NotFinished with the remaining machines, when the time is up
 */
export async function drain(collaborators: DrainCollaborators, request: DrainRequest): Promise<void> {
  const { aws, github, clock, output } = collaborators;
  const { target, guards, waitMinutes } = request;
  const { environment } = target;
  let left: ObservedMachine[] = [];
  let cancelled = false;

  const drained = await pollUntil(
    async () => {
      if (guards.what === "fleet") await close(guards.fleet);
      left = await machinesLeft();
      if (left.length === 0) return true;
      if (!cancelled) await cancelSmokeRuns(github, request, left, output);
      cancelled = true;
      for (const machine of left) {
        const ended = await endAsleep({ ...aws, clock }, environment, machine);
        if (ended) output.say(`${machine.name} was powered off and on no list: terminated.`);
      }
      output.progress(
        `${left.length} machine(s) still use ${guardedName(request)}: ${left.map(brieflyDescribe).join(", ")}.`,
      );
      return undefined;
    },
    { clock, limitMs: waitMinutes * 60_000, say: output.say },
  );
  if (guards.what === "fleet") await tidyEntries(guards.fleet, drained === true);
  if (!drained) throw new NotFinished(stillUsed(request, left));
  output.say(`No machine uses ${guardedName(request)}.`);

  async function close(fleet: string): Promise<void> {
    const { outcome } = await changeOverride({ ...aws, clock }, environment, fleet, closing);
    if (outcome === "written")
      output.say(`The fleet ${environment}-${fleet} is closing: its machines leave.`);
  }

  async function machinesLeft(): Promise<ObservedMachine[]> {
    const machines = await observeMachines({ ec2: aws.instances }, machinesUsing(request));
    return machines.filter(({ instanceState }) => instanceState !== "terminated");
  }

  /** Entries that are left at GitHub are reported. They are not a failure: GitHub deletes them after 14 days. */
  async function tidyEntries(fleet: string, waiting: boolean): Promise<void> {
    if (!github) {
      output.say("There are no GitHub credentials in the environment: the machines' entries stay at GitHub.");
      return;
    }
    const left = await removeEntries({
      instances: aws.instances,
      runners: github.runners,
      clock,
      output,
      environment,
      fleet,
      knownMachines: await readKnownMachines(aws.parameters, environment, fleet),
      awaits: ({ fate }) => waiting && fate === "lingering",
    });
    for (const each of left) output.say(`The entry ${each.entry.name} stays at GitHub: ${whyItStays(each)}.`);
  }
}

function stillUsed(request: DrainRequest, left: readonly ObservedMachine[]): string {
  const machines = left.map((machine) => {
    const job = machine.report?.job;
    return `  ${brieflyDescribe(machine)}${job === undefined ? "" : `: ${request.target.github.url}/${job}`}`;
  });
  return [
    `After ${request.waitMinutes} min, ${left.length} machine(s) still use ${guardedName(request)}:`,
    ...machines,
    "No job was ended, and nothing that these machines need was deleted. Run it again later. See docs/troubleshooting.md#destroy-waits.",
  ].join("\n");
}
