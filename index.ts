import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import {
  AlarmTopic,
  BudgetAlarm,
  FleetController,
  RunnerFleet,
  RunnerNetwork,
  RunnerRegistration,
  RunnerRoster,
  SmokeTest,
  SmokeWorkflow,
  WakeOnDemand,
  checkSizes,
  createProviders,
  diskKeysOf,
  findDiskKey,
  findLivingMachines,
  findZones,
  readAppCredentials,
  readConfiguration,
  stackOutputs,
  warnOfConfiguration,
  warnOfRunnerVersions,
} from "./components/index.ts";
import type { StackOutputs } from "./components/index.ts";

/** The stack: one environment, named after the stack. A program of your own can do the same, with `longhaul` instead of `./components/index.ts`. */
export default async function stack(): Promise<StackOutputs> {
  const environment = pulumi.getStack();
  const configuration = readConfiguration(environment);
  warnOfConfiguration(configuration);
  const app = await readAppCredentials(process.env, (path) => readFile(path, "utf8"));
  const providers = createProviders(environment, configuration, app);
  const args = { environment, configuration };
  const living = await findLivingMachines(environment, { provider: providers.aws });
  const zones = await findZones(environment, configuration, living, { provider: providers.aws });
  const diskKey = await findDiskKey(configuration.aws, { provider: providers.aws });
  const diskKeys = diskKeysOf(diskKey, living);
  await warnOfRunnerVersions(configuration, { provider: providers.github });
  checkSizes(environment, configuration, diskKeys);

  const topic = new AlarmTopic(environment, args, { providers });
  const network = new RunnerNetwork(environment, { ...args, zones }, { providers });
  const registration = new RunnerRegistration(environment, args, { providers });
  const workflow = configuration.smokeTest.enabled
    ? new SmokeWorkflow(environment, args, { providers })
    : undefined;
  const foundations = workflow ? [workflow.published] : [];
  const fleets = Object.keys(configuration.fleets).map(
    (fleet) =>
      new RunnerFleet(
        `${environment}-${fleet}`,
        { ...args, fleet, network, registration, foundations, living, diskKey },
        { providers },
      ),
  );
  const smokeTest = workflow && new SmokeTest(environment, { ...args, fleets, workflow }, { providers });
  const proofs = smokeTest?.proofs ?? [];
  for (const fleet of fleets) {
    const proof = proofs.filter((one) => one.fleet === fleet.fleet).map(({ command }) => command);
    new RunnerRoster(`${environment}-${fleet.fleet}`, { ...args, fleet, proof }, { providers });
  }

  const controller = new FleetController(environment, { ...args, fleets, diskKeys, topic }, { providers });
  const { queue } = controller;
  if (queue) new WakeOnDemand(environment, { ...args, queue, topic }, { providers });
  if (configuration.budget.monthlyUsd !== undefined) {
    new BudgetAlarm(environment, { ...args, topic, controller }, { providers });
  }

  return stackOutputs(environment, fleets, proofs, topic);
}
