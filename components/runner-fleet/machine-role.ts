import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import type * as pulumi from "@pulumi/pulumi";
import { tagsOfFleet } from "../../config/derive.ts";
import type { AwsConfiguration, Configuration } from "../../config/schema.ts";
import { fingerprintOf } from "../../contract/fingerprint.ts";
import { createGuard } from "../commands/guard.ts";
import { machinePolicies } from "./machine-policy.ts";
import { trustPolicy } from "../iam/policy.ts";
import { fleetTags } from "../../contract/resource-tags.ts";

/** The role of a fleet's machines, with everything that keeps it in place. */
export interface MachineRole {
  /** Name of the instance profile that instances are launched with. */
  instanceProfile: pulumi.Output<string>;
  /** Everything that must exist before a machine boots and until it has left, guard included. */
  foundations: readonly pulumi.Resource[];
}

/**
 * Name of a fleet's role. It contains a hash of three things: of what IAM cannot
 * change on a role, so that another path makes another role beside the old one;
 * of the region, because all regions of an account share IAM's names; and of
 * environment and fleet, which the name alone does not tell apart (`dev` and
 * `eu-cloud`, `dev-eu` and `cloud`).
 */
export function roleName(
  environment: string,
  fleet: string,
  aws: Pick<AwsConfiguration, "region" | "rolePath">,
): string {
  const hash = fingerprintOf({ environment, fleet, region: aws.region, path: aws.rolePath });
  return `longhaul-${environment}-${fleet}-${hash}`;
}

/** Makes the role, its policies, its instance profile and their guard. */
export function createMachineRole(
  args: { environment: string; fleet: string; configuration: Configuration },
  parent: pulumi.Resource,
): MachineRole {
  const { environment, fleet, configuration } = args;
  const { aws } = configuration;
  const name = roleName(environment, fleet, aws);
  const tags = fleetTags(environment, fleet, name, tagsOfFleet(configuration, fleet));

  const role = new Role(
    name,
    {
      name,
      description: `Machines of the Longhaul fleet ${environment}-${fleet}`,
      path: aws.rolePath,
      assumeRolePolicy: trustPolicy(aws, "ec2"),
      // AWS's budget may have attached a policy that the stack does not know of.
      forceDetachPolicies: true,
      ...(aws.permissionsBoundary !== undefined && { permissionsBoundary: aws.permissionsBoundary }),
      tags,
    },
    { parent },
  );
  const policies = Object.entries(machinePolicies(environment, fleet, aws)).map(
    ([policy, document]) =>
      new RolePolicy(
        `${name}-${policy}`,
        { name: policy, role: role.name, policy: JSON.stringify(document) },
        { parent },
      ),
  );
  const profile = new InstanceProfile(name, { name, path: aws.rolePath, role: role.name, tags }, { parent });

  const foundations = [role, ...policies, profile];
  const guard = createGuard(
    name,
    {
      environment,
      configuration,
      guards: profile.arn.apply((instanceProfileArn) => ({
        what: "role" as const,
        fleet,
        instanceProfileArn,
      })),
      dependsOn: foundations,
    },
    parent,
  );
  return { instanceProfile: profile.name, foundations: [...foundations, guard] };
}
