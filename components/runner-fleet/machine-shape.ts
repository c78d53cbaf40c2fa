import { Failure } from "../../contract/failure.ts";
import { runnersOfFleet } from "../../config/declared-runners.ts";
import { fleetOf, imageReference, type ImageReference } from "../../config/derive.ts";
import { isBurstable } from "../../config/instance-types.ts";
import type { Configuration, FleetConfiguration } from "../../config/schema.ts";
import type { MachineConfiguration } from "../../contract/machine.ts";
import { fingerprintOf } from "../../contract/fingerprint.ts";
import { machineConfiguration } from "./machine-configuration.ts";

/**
 * All the plain configuration that shapes one machine. Its instance is made
 * from this and from nothing else, so whatever changes an instance changes the
 * fingerprint, and whatever does not (the fleet's labels, the AMI that an SSM
 * parameter points to today) leaves the machine alone.
 */
export interface MachineShape {
  environment: string;
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  generation: number;
  instanceType: string;
  /**
   * For types with CPU credits: what happens when they are spent. EC2's default
   * for most of them, `unlimited`, has costs that no meter here counts.
   */
  cpuCredits?: "standard";
  image: ImageReference;
  disk: {
    sizeGb: number;
    iops?: number;
    /** MiB/s. */
    throughput?: number;
    kmsKeyArn?: string;
  };
  network: { identity: string; subnet: string };
  /** Name of its role. */
  role: string;
  /** Text of the user data, before compression: another zlib may pack the same text into other bytes. */
  userData: string;
}

/** A machine as the program declares it. */
export interface MachinePlan {
  shape: MachineShape;
  fingerprint: string;
  /** Name of the machine's resources: the runner and the fingerprint. */
  resourceName: string;
  /** Which of the network's subnets it is put into. */
  subnetIndex: number;
}

export interface FleetSurroundings {
  environment: string;
  configuration: Configuration;
  network: { identity: string; subnets: readonly { identity: string }[] };
  /** Name of the fleet's role. */
  role: string;
  /** Renders the user data's text from a machine's configuration. */
  renderUserData: (machine: MachineConfiguration) => string;
}

/**
 * The machines of a fleet, in the order of their runners' numbers.
 *
 * @throws when the fleet is not in the configuration or there is no subnet
 */
export function planMachines(fleetName: string, surroundings: FleetSurroundings): MachinePlan[] {
  const { environment, configuration, network, role, renderUserData } = surroundings;
  const fleet = fleetOf(configuration, fleetName);
  return runnersOfFleet(environment, fleetName, fleet).map(({ runner, generation }, index) => {
    const identity = { environment, fleet: fleetName, runner };
    const subnetIndex = index % network.subnets.length;
    const subnet = network.subnets[subnetIndex];
    if (!subnet) throw new Failure(`The network ${network.identity} has no subnet for ${identity.runner}.`);
    const shape: MachineShape = {
      ...identity,
      generation,
      instanceType: fleet.instanceType,
      ...(isBurstable(fleet.instanceType) && { cpuCredits: "standard" as const }),
      image: imageReference(fleet),
      disk: diskOf(fleet, configuration.aws.kmsKeyArn),
      network: { identity: network.identity, subnet: subnet.identity },
      role,
      userData: renderUserData(machineConfiguration(identity, configuration, fleet)),
    };
    const fingerprint = fingerprintOf(shape);
    return {
      shape,
      fingerprint,
      resourceName: machineResourceName(identity.runner, fingerprint),
      subnetIndex,
    };
  });
}

/** Name of a machine's resources. A machine is found by it again, from the tags on its instance. */
export function machineResourceName(runner: string, fingerprint: string): string {
  return `${runner}-${fingerprint}`;
}

function diskOf({ disk }: FleetConfiguration, kmsKeyArn: string | undefined): MachineShape["disk"] {
  return {
    sizeGb: disk.sizeGb,
    ...(disk.iops !== undefined && { iops: disk.iops }),
    ...(disk.throughput !== undefined && { throughput: disk.throughput }),
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
  };
}
