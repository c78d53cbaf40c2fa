import { apiUrl, ownerOf, serviceEndpoint, wakingRepositories } from "../../config/derive.ts";
import { hourlyPrices, priceList, prices } from "../../config/prices.ts";
import type { Configuration } from "../../config/schema.ts";
import type { ControllerConfiguration, SweepConfiguration } from "../../contract/controller.ts";
import { budgetName, waitingJobsTable } from "../../contract/names.ts";
import { appKeyParameter } from "../../contract/parameters.ts";
import { written } from "../../contract/written.ts";
import type { Whole } from "../../contract/written.ts";
import { labelledFleets } from "../wake-on-demand/receiver-configuration.ts";

/** The controller's configuration: the part of the environment's that it decides by. */
export function controllerConfiguration(
  environment: string,
  configuration: Configuration,
): Whole<ControllerConfiguration> {
  const { aws, fleets, wakeOnDemand, budget } = configuration;
  const hourly = hourlyPrices(configuration);
  return written<ControllerConfiguration>({
    environment,
    aws: {
      region: aws.region,
      endpoints: {
        ec2: serviceEndpoint(aws, "ec2"),
        ssm: serviceEndpoint(aws, "ssm"),
        dynamodb: serviceEndpoint(aws, "dynamodb"),
        budgets: serviceEndpoint(aws, "budgets"),
      },
    },
    fleets: Object.entries(fleets).map(([name, { instanceType, autoShutdown }]) => ({
      name,
      instanceType,
      workingHours: autoShutdown.workingHours,
      prices: { machine: hourly[name]!.machine, disk: hourly[name]!.disk },
    })),
    addressPrice: prices.publicIpv4,
    priceList: priceList(aws.region),
    budget:
      budget.monthlyUsd === undefined
        ? undefined
        : {
            monthlyUsd: budget.monthlyUsd,
            awsBudget: budget.awsBudget
              ? { account: aws.account, name: budgetName(environment, aws.region) }
              : undefined,
          },
    demand: wakeOnDemand.enabled
      ? {
          table: waitingJobsTable(environment),
          fleets: labelledFleets(configuration),
          emptyLabels: wakeOnDemand.emptyLabels,
          sweep: wakeOnDemand.app && sweepConfiguration(environment, wakeOnDemand.app, configuration),
        }
      : undefined,
  });
}

function sweepConfiguration(
  environment: string,
  app: SweepConfiguration["app"],
  configuration: Configuration,
): SweepConfiguration {
  const { github } = configuration;
  return {
    apiUrl: apiUrl(github),
    app,
    keyParameter: appKeyParameter(environment),
    owner: ownerOf(github),
    repositories: wakingRepositories(configuration)!, // The rules ask for it where there is an App.
  };
}
