import type { DrainRequest } from "../../contract/requests.ts";
import type { MachineFilter } from "../../observe/observe-machines.ts";

/** The machines that use what a drain guards. */
export function machinesUsing({ target, guards }: DrainRequest): MachineFilter {
  const { environment } = target;
  switch (guards.what) {
    case "network":
      return { environment, vpcId: guards.vpcId, securityGroupId: guards.securityGroupId };
    case "role":
      return { environment, fleet: guards.fleet, instanceProfileArn: guards.instanceProfileArn };
    case "fleet":
      return { environment, fleet: guards.fleet };
  }
}

/** What a drain guards, for messages. */
export function guardedName({ target, guards }: DrainRequest): string {
  switch (guards.what) {
    case "network":
      return `the network of ${target.environment} (${guards.vpcId}, ${guards.securityGroupId})`;
    case "role":
      return `the role of ${target.environment}-${guards.fleet}`;
    case "fleet":
      return `the fleet ${target.environment}-${guards.fleet}`;
  }
}
