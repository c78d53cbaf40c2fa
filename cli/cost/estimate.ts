import { hourlyPrices } from "../../config/prices.ts";
import { hoursPerMonth } from "../../contract/prices.ts";
import type { Configuration } from "../../config/schema.ts";
import { workingHoursPerWeek } from "../../contract/working-hours.ts";

/** What a configuration costs in an average month, in US dollars. */
export interface MonthlyCosts {
  /** No machine is woken. */
  asleepUsd: number;
  /** Every machine is awake in working hours, and asleep otherwise. */
  workingHoursUsd: number;
  alwaysAwakeUsd: number;
}

export interface FleetEstimate extends MonthlyCosts {
  fleet: string;
  runners: number;
  instanceType: string;
  machineUsdPerHour: number;
  /** Hours that a machine is awake in a month of working hours. */
  awakeHours: number;
}

export interface Estimate {
  environment: string;
  region: string;
  fleets: FleetEstimate[];
  total: MonthlyCosts;
}

/** The working hours that are assumed for a fleet without any. */
const usualHours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00" };

const weeksPerMonth = 365 / 7 / 12;

/**
 * What an environment will cost, from its configuration alone, so that it works
 * before the first `pulumi up`. Fleets without working hours are estimated with
 * Monday to Friday from 07:30 to 19:00.
 *
 * @throws UnknownPriceError
 */
export function estimateOf(
  environment: string,
  configuration: Pick<Configuration, "aws" | "network" | "fleets">,
): Estimate {
  const prices = hourlyPrices(configuration);
  const fleets = Object.entries(configuration.fleets).map(
    ([fleet, { runners, instanceType, autoShutdown }]): FleetEstimate => {
      const { machine, disk, address } = prices[fleet]!;
      const awakeHours = workingHoursPerWeek(autoShutdown.workingHours ?? usualHours) * weeksPerMonth;
      const month = (hours: number) => runners * (disk * hoursPerMonth + (machine + address) * hours);
      return {
        fleet,
        runners,
        instanceType,
        machineUsdPerHour: machine,
        awakeHours,
        asleepUsd: month(0),
        workingHoursUsd: month(awakeHours),
        alwaysAwakeUsd: month(hoursPerMonth),
      };
    },
  );
  const sum = (part: keyof MonthlyCosts) => fleets.reduce((total, fleet) => total + fleet[part], 0);
  return {
    environment,
    region: configuration.aws.region,
    fleets,
    total: {
      asleepUsd: sum("asleepUsd"),
      workingHoursUsd: sum("workingHoursUsd"),
      alwaysAwakeUsd: sum("alwaysAwakeUsd"),
    },
  };
}
