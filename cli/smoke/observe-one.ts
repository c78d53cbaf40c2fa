import type { SmokeDispatchRequest } from "../../contract/requests.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";

/**
 * The machine that is to be proven.
 *
 * @param github absent: without its entry, which saves one of GitHub's limited requests
 * @throws ServiceError
 */
export async function observeOne(
  { aws, github }: { aws: Aws; github?: Github },
  { target, fleet, machine }: SmokeDispatchRequest,
): Promise<ObservedMachine> {
  const filter = { environment: target.environment, fleet, machines: [machine] };
  const sources = { ec2: aws.instances, ...(github && { github: github.runners }) };
  return (await observeMachines(sources, filter))[0]!;
}
