import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { readAppCredentials } from "./config/app-credentials.ts";
import {
  AlarmTopic,
  BudgetAlarm,
  FleetController,
  checkSizes,
  diskKeysOf,
  findDiskKey,
  findLivingMachines,
  findZones,
  RunnerFleet,
  RunnerNetwork,
  RunnerRegistration,
  RunnerRoster,
  SmokeTest,
  SmokeWorkflow,
  WakeOnDemand,
} from "./components/index.ts";
import { createProviders } from "./components/providers.ts";
import { warnOfRunnerVersions } from "./components/runner-fleet/runner-versions.ts";
import { stackOutputs } from "./components/stack-outputs.ts";
import type { StackOutputs } from "./components/stack-outputs.ts";
import { formatPath } from "./config/issues.ts";
import { loadConfiguration, readStackConfiguration } from "./config/load.ts";
import { applyLocalCloud, localCloudVariable, localEnvironment } from "./config/local.ts";
import type { Configuration } from "./config/schema.ts";
import { warningsOf } from "./config/warnings.ts";

/** The stack: one environment, named after the stack. */
export default async function stack(): Promise<StackOutputs> {
  const environment = pulumi.getStack();
  const configuration = readConfiguration(environment);
  warn(configuration);
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

  const controller = new FleetController(environment, { ...args, fleets, diskKeys }, { providers });
  const { queue } = controller;
  if (queue) new WakeOnDemand(environment, { ...args, queue }, { providers });
  if (configuration.budget.monthlyUsd !== undefined) {
    new BudgetAlarm(environment, { ...args, topic, controller }, { providers });
  }

  return stackOutputs(environment, fleets, proofs, topic);
}

/** Reads the stack's configuration, once. On the local cloud, that cloud's addresses are laid over it. */
function readConfiguration(environment: string): Configuration {
  const raw = readStackConfiguration(pulumi.runtime.allConfig(), pulumi.getProject());
  const onLocalCloud = environment === localEnvironment;
  return loadConfiguration(
    environment,
    onLocalCloud ? applyLocalCloud(raw, process.env[localCloudVariable]) : raw,
  );
}

function warn(configuration: Configuration): void {
  for (const { path, message } of warningsOf(configuration)) {
    void pulumi.log.warn(`${formatPath(path)} ${message}`);
  }
}
