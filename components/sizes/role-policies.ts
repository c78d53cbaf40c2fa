import { hasAwsBudget } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import type { FunctionName } from "../../contract/names.ts";
import {
  clockStatements,
  controllerQueueArn,
  environmentControllerStatements,
} from "../fleet-controller/controller-policy.ts";
import { denialArn, executionStatements } from "../iam/budget-policy.ts";
import { document } from "../iam/policy.ts";
import type { PolicyDocument, PolicyStatement } from "../iam/policy.ts";
import { serviceRoleName } from "../lambda/cloud-function.ts";
import { functionStatements } from "../lambda/function-policy.ts";
import { machinePolicies } from "../runner-fleet/machine-policy.ts";
import { roleName } from "../runner-fleet/machine-role.ts";
import { receiverStatements } from "../wake-on-demand/receiver-policy.ts";

/**
 * The inline policies of all roles of an environment's components, by the roles'
 * names. The components take them from the same functions.
 *
 * @param diskKeys ARNs of the customers' keys that encrypt the machines' disks
 */
export function rolePolicies(
  environment: string,
  configuration: Configuration,
  diskKeys: readonly string[],
): Map<string, readonly PolicyDocument[]> {
  const { aws, fleets, wakeOnDemand, budget } = configuration;
  const policies = new Map<string, readonly PolicyDocument[]>();
  const service = (name: string, statements: readonly PolicyStatement[]) =>
    policies.set(serviceRoleName({ environment, configuration, name }), [document([...statements])]);
  const lambda = (name: FunctionName, statements: readonly PolicyStatement[]) =>
    service(name, functionStatements(environment, aws, name, statements));

  for (const fleet of Object.keys(fleets)) {
    policies.set(roleName(environment, fleet, aws), Object.values(machinePolicies(environment, fleet, aws)));
  }
  lambda("controller", environmentControllerStatements(environment, configuration, diskKeys));
  service("clock", clockStatements(environment, aws));
  if (wakeOnDemand.enabled) {
    lambda("receiver", receiverStatements(environment, aws, controllerQueueArn(environment, aws)));
  }
  if (hasAwsBudget(budget)) service("budget", executionStatements(denialArn(environment, aws), aws));
  return policies;
}
