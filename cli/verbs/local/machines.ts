import type { CloudHandle } from "longhaul-local";
import { observeMachines } from "../../../observe/observe-machines.ts";
import type { ObservedMachine } from "../../../observe/machine.ts";
import { connectAws } from "../../clients/aws.ts";
import { connectGithub } from "../../clients/github.ts";
import { readFleetSettings } from "../../fleet/fleet-settings.ts";
import type { LocalContext } from "./context.ts";
import { localTarget } from "./stack.ts";
import type { ProgressLines } from "./progress-lines.ts";

/** A machine of the local cloud, as an operator sees it through EC2, SSM and GitHub. */
export interface LocalMachine {
  runner: string;
  instanceId: string;
  /** Real seconds from launch until its runner was online; null if it never was. */
  bootSeconds: number | null;
  online: boolean;
  /** On its fleet's roster. */
  inService: boolean;
  labels: string[];
  /** EC2's state, and the state that the machine reports. */
  instanceState: ObservedMachine["instanceState"];
  state: string;
}

/** All machines that EC2 describes with the environment's tags and that are not terminated. */
export async function localMachines(
  context: LocalContext,
  cloud: CloudHandle,
  tell: ProgressLines,
): Promise<LocalMachine[]> {
  const target = await localTarget(context, cloud);
  const aws = await connectAws(target);
  const github = connectGithub(
    target.github,
    { kind: "token", token: cloud.environment.GITHUB_TOKEN! },
    { say: tell },
  );
  const [machines, seconds] = await Promise.all([
    observeMachines({ ec2: aws.instances, github: github.runners }, { environment: target.environment }),
    cloud.bootSeconds(),
  ]);
  const here = machines.filter(({ instanceState }) => instanceState !== "terminated");
  const rosters = new Map<string, readonly string[]>();
  for (const fleet of new Set(here.map((machine) => machine.fleet))) {
    const { roster } = await readFleetSettings(aws.parameters, target.environment, fleet);
    rosters.set(fleet, roster ?? []);
  }
  return here.map(({ fleet, runner, instanceId, instanceState, report, entry, name }) => ({
    runner,
    instanceId,
    bootSeconds: seconds[instanceId] ?? null,
    online: entry?.online ?? false,
    inService: rosters.get(fleet)!.includes(instanceId),
    // The machine's own label is its name, so it adds nothing.
    labels: [...(entry?.systemLabels ?? []), ...(entry?.customLabels ?? [])].filter(
      (label) => label !== name,
    ),
    instanceState,
    state: report?.state ?? "silent",
  }));
}

/** One line about a machine. */
export function describeLocalMachine(machine: LocalMachine): string {
  const { runner, instanceId, bootSeconds, online, inService, labels, instanceState, state } = machine;
  const words = [
    `${runner} ${instanceId}`,
    instanceState === "running" ? state : instanceState,
    online ? "online" : "offline",
    inService ? "in service" : "not in service",
    ...(bootSeconds === null ? [] : [`booted in ${bootSeconds.toFixed(1)} s`]),
    labels.join(", "),
  ];
  return words.filter((word) => word !== "").join(" · ");
}
