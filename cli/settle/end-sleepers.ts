import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { endAsleep } from "../fleet/end-asleep.ts";
import type { Output } from "../terminal/output.ts";
import { note, tell } from "./fleet-report.ts";
import type { FleetReport } from "./fleet-report.ts";

/**
 * Terminates the stopped machines that are on neither list.
 *
 * @throws ServiceError when EC2 refuses; that machine is left unchanged
 */
export async function endSleepers(
  { aws, clock, output }: { aws: Aws; clock: Clock; output: Output },
  environment: string,
  sleepers: readonly ObservedMachine[],
  report: FleetReport,
): Promise<void> {
  for (const machine of sleepers) {
    const { instanceId, name } = machine;
    if (await endAsleep({ ...aws, clock }, environment, machine)) {
      report.ended.push(instanceId);
      output.say(`${name} was powered off and on neither list: terminated.`);
    } else {
      tell(
        report,
        note(
          `${name} was powered off and on neither list, and has been started or listed since, so it was left as it is.`,
        ),
      );
    }
  }
}
