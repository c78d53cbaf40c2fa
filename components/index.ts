/**
 * Longhaul as a package: everything that its own stack consists of, for other
 * Pulumi programs. Each component takes the configuration of an environment:
 * {@link readConfiguration} reads it from the running stack,
 * {@link loadConfiguration} makes it from plain values.
 */
export { readAppCredentials } from "../config/app-credentials.ts";
export type { AppCredentials } from "../config/app-credentials.ts";
export { ConfigurationError, loadConfiguration, readStackConfiguration } from "../config/load.ts";
export type {
  AwsConfiguration,
  Configuration,
  FleetConfiguration,
  GithubConfiguration,
  NetworkConfiguration,
  SmokeTestConfiguration,
} from "../config/schema.ts";
export type { SmokeRun, SmokeSource } from "../contract/requests.ts";
export { createProviders } from "./providers.ts";
export { readConfiguration, warnOfConfiguration } from "./stack-configuration.ts";
export { stackOutputs } from "./stack-outputs.ts";
export type { StackOutputs } from "./stack-outputs.ts";
export { findLivingMachines } from "./runner-fleet/adoption.ts";
export type { LivingMachine, LivingMachines } from "./runner-fleet/adoption.ts";
export { AlarmTopic } from "./alarm-topic/alarm-topic.ts";
export type { AlarmTopicArgs } from "./alarm-topic/alarm-topic.ts";
export { AutoShutdown } from "./auto-shutdown/auto-shutdown.ts";
export type { AutoShutdownArgs } from "./auto-shutdown/auto-shutdown.ts";
export { BudgetAlarm } from "./budget-alarm/budget-alarm.ts";
export type { BudgetAlarmArgs } from "./budget-alarm/budget-alarm.ts";
export { diskKeysOf, findDiskKey } from "./fleet-controller/disk-keys.ts";
export { FleetController } from "./fleet-controller/fleet-controller.ts";
export type { FleetControllerArgs } from "./fleet-controller/fleet-controller.ts";
export { RunnerFleet } from "./runner-fleet/runner-fleet.ts";
export type { FleetMachine, RunnerFleetArgs } from "./runner-fleet/runner-fleet.ts";
export { warnOfRunnerVersions } from "./runner-fleet/runner-versions.ts";
export { RunnerNetwork } from "./runner-network/runner-network.ts";
export type { MachineNetwork, MachineSubnet, RunnerNetworkArgs } from "./runner-network/runner-network.ts";
export { RunnerRegistration } from "./runner-registration/runner-registration.ts";
export type {
  MachineRegistration,
  RunnerRegistrationArgs,
} from "./runner-registration/runner-registration.ts";
export { RunnerRoster } from "./runner-roster/runner-roster.ts";
export type { RunnerRosterArgs } from "./runner-roster/runner-roster.ts";
export { SmokeTest } from "./smoke-test/smoke-test.ts";
export type { SmokeProof, SmokeTestArgs } from "./smoke-test/smoke-test.ts";
export { SmokeWorkflow } from "./smoke-workflow/smoke-workflow.ts";
export type { SmokeWorkflowArgs } from "./smoke-workflow/smoke-workflow.ts";
export { WakeOnDemand } from "./wake-on-demand/wake-on-demand.ts";
export type { ControllerQueue, WakeOnDemandArgs } from "./wake-on-demand/wake-on-demand.ts";
export { checkSizes } from "./sizes/check-sizes.ts";
export { findZones } from "./zones/zones.ts";
