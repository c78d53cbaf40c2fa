import { getInstances } from "@pulumi/aws/ec2/getInstances.js";
import { getResources } from "@pulumi/aws/resourcegroupstaggingapi/getResources.js";
import type * as pulumi from "@pulumi/pulumi";
import { Failure, messageOf } from "../../contract/failure.ts";
import { reportOf } from "../../contract/machine-report.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { machineResourceName } from "./machine-shape.ts";

/*
 * Machines outlive their resources: a machine that is no longer declared is
 * dropped from the state, and ends itself once its job has ended. Until then its
 * configuration can be declared again, and a crash can have kept a new machine
 * out of the state. Such a machine is found by its tags, and becomes its resource
 * again by Pulumi's `import` option instead of being made a second time. What the
 * engine does with the option depends on what the state holds under the
 * resource's name and on what lives in EC2:
 *
 * | state     | lives                 | declared    | the engine                                      |
 * | --------- | --------------------- | ----------- | ----------------------------------------------- |
 * | –         | none                  | as ever     | makes a machine                                 |
 * | –         | A, awake              | import A    | reads A and keeps it as it is: adopted          |
 * | –         | A, asleep             | as ever     | makes a machine; `settle` ends A, on no list    |
 * | –         | A, its boot failed    | as ever     | makes a machine; A's boot timer ends A          |
 * | A         | A, awake              | import A    | nothing: the state has this id                  |
 * | A         | A, asleep             | as ever     | nothing                                         |
 * | A         | none                  | as ever     | nothing; `up --refresh` drops A, makes another  |
 * | A         | B, awake              | import B    | adopts B, drops A, which is gone, without a call|
 * | –, A or B | A and B, or more      | as ever     | what the state says; a warning names them       |
 *
 * With `ignoreChanges: ["*"]` the inputs of an adopted machine are those that
 * its provider reads, so there is never a difference to act upon.
 */

/** A machine that is not terminated. */
export interface LivingMachine {
  instanceId: string;
  /** Pending or running. */
  awake: boolean;
  /** ARN of the customer's key that its disk is under, as its tag says. */
  diskKey?: string;
}

/** An environment's living machines that have come up or still may, by the name of their resources: runner and fingerprint. */
export type LivingMachines = ReadonlyMap<string, readonly LivingMachine[]>;

/** A machine's tags, by its ARN. */
interface TaggedResource {
  resourceArn: string;
  tags: Readonly<Record<string, string>>;
}

/**
 * Looks for an environment's living machines by their tags, in three calls
 * however many there are.
 *
 * @param opts the AWS provider to ask
 * @throws when AWS does not answer. Going on without would make a second
 *   machine where one is to be had, and pay for it; a preview would show that.
 */
export async function findLivingMachines(
  environment: string,
  opts: pulumi.InvokeOptions,
): Promise<LivingMachines> {
  const ours = { [tags.project]: projectTag, [tags.environment]: environment };
  const inStates = async (...instanceStateNames: string[]) =>
    (await getInstances({ instanceTags: ours, instanceStateNames }, opts)).ids;
  const tagFilters = Object.entries(ours).map(([key, value]) => ({ key, values: [value] }));
  try {
    const [tagged, living, awake] = await Promise.all([
      // The instances' data source gives ids alone, and one call for each machine would be too many.
      getResources({ resourceTypeFilters: ["ec2:instance"], tagFilters }, opts),
      inStates("pending", "running", "stopping", "stopped"),
      inStates("pending", "running"),
    ]);
    return livingMachines(tagged.resourceTagMappingLists, living, awake);
  } catch (error) {
    throw new Failure(
      `The living machines of ${environment} could not be looked up, so it is not known which of them to adopt: ` +
        `${messageOf(error)}\nIt takes ec2:DescribeInstances and tag:GetResources.`,
      { cause: error },
    );
  }
}

/**
 * Joins what was looked up. The tags come from an index that also knows instances
 * which are gone, and lags a little behind.
 *
 * @param living ids of all that are not terminated
 * @param awake ids of those that are pending or running
 */
export function livingMachines(
  tagged: readonly TaggedResource[],
  living: readonly string[],
  awake: readonly string[],
): LivingMachines {
  const found = new Map<string, LivingMachine[]>();
  for (const { resourceArn, tags: own } of tagged) {
    const instanceId = resourceArn.slice(resourceArn.lastIndexOf("/") + 1);
    const { [tags.runner]: runner, [tags.fingerprint]: fingerprint, [tags.diskKey]: diskKey } = own;
    if (runner === undefined || fingerprint === undefined || !living.includes(instanceId)) continue;
    if (hasFailedToBoot(own)) continue;
    const name = machineResourceName(runner, fingerprint);
    const machine = {
      instanceId,
      awake: awake.includes(instanceId),
      ...(diskKey !== undefined && { diskKey }),
    };
    found.set(name, [...(found.get(name) ?? []), machine]);
  }
  return found;
}

/**
 * A machine whose boot failed stays awake until its boot timer ends it, and never
 * tries again: a configuration that is declared again needs another try. Such a
 * machine has run no job; one that only claims so ends its job before itself.
 */
function hasFailedToBoot(instanceTags: Readonly<Record<string, string>>): boolean {
  return reportOf(instanceTags)?.state === "boot-failed";
}

/** Which of the living machines a machine's resource is to become. */
export type Adoption =
  /** The state decides; where it has nothing, a machine is made. */
  | { kind: "none" }
  | { kind: "adopt"; instanceId: string }
  /** The state decides, and people are warned. */
  | { kind: "ambiguous"; instanceIds: string[] };

/**
 * A machine that sleeps is not adopted: it runs no job that would be lost, and
 * may be one that never came up.
 */
export function adoptionOf(resourceName: string, living: LivingMachines): Adoption {
  const machines = living.get(resourceName) ?? [];
  if (machines.length > 1) {
    return { kind: "ambiguous", instanceIds: machines.map(({ instanceId }) => instanceId).sort() };
  }
  const [machine] = machines;
  return machine?.awake ? { kind: "adopt", instanceId: machine.instanceId } : { kind: "none" };
}
