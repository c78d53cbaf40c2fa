/**
 * Names that the program, the machine and the operator's command must all
 * derive in the same way. Nothing here reads the outside world.
 */

/** GitHub refuses runner names above 64 characters. */
export const maxRunnerEntryLength = 64;

/** `i-` and 17 hexadecimal digits. */
export const instanceIdLength = 19;

/** Longest runner name that still leaves room for `-<instance id>` at GitHub. */
export const maxRunnerNameLength = maxRunnerEntryLength - instanceIdLength - 1;

/** What environments and fleets may be called: they end up in SSM paths, IAM names, labels and tags. */
export const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A runner: one numbered place in a fleet, counted from 1, for example `dev-cloud-1`. */
export function runnerName(environment: string, fleet: string, number: number): string {
  return `${environment}-${fleet}-${number}`;
}

/**
 * A machine's name at GitHub, for example `dev-cloud-1-i-0abc…`. It is also the
 * only label that the machine registers with, so that before the machine is in
 * service only its proof can ask for it.
 */
export function machineName(runner: string, instanceId: string): string {
  return `${runner}-${instanceId}`;
}

/** The parts of a machine's name at GitHub, or undefined when the entry is not one of ours. */
export function parseMachineName(name: string): { runner: string; instanceId: string } | undefined {
  const match = /^(.+)-(i-[0-9a-f]{8,17})$/.exec(name);
  return match ? { runner: match[1]!, instanceId: match[2]! } : undefined;
}

/**
 * The fleet of a machine by its name at GitHub, or undefined if the name belongs
 * to no fleet of this environment. A name alone is ambiguous:
 * `dev-eu-cloud-1-…` can be of the fleet `eu-cloud` in `dev`, or of `cloud` in
 * `dev-eu`.
 */
export function fleetOfEntry(name: string, environment: string): string | undefined {
  const runner = parseMachineName(name)?.runner;
  const prefix = `${environment}-`;
  if (!runner?.startsWith(prefix)) return undefined;
  return /^(.+)-\d+$/.exec(runner.slice(prefix.length))?.[1];
}

/** Whether an entry at GitHub carries the name of a machine of this fleet. */
export function isMachineOfFleet(name: string, environment: string, fleet: string): boolean {
  return fleetOfEntry(name, environment) === fleet;
}

/** The log group of a fleet: the ledger's stream is named after the machine. */
export function logGroupName(environment: string, fleet: string): string {
  return `/longhaul/${environment}/${fleet}`;
}

/** The functions that run in the cloud, each one bundle. */
export type FunctionName = "controller" | "receiver";

/** Name of a function of an environment, for example `longhaul-dev-receiver`. */
export function functionName(environment: string, name: FunctionName): string {
  return `longhaul-${environment}-${name}`;
}

/** The log group of a function. It cannot be a fleet's: a fleet's name has no slash. */
export function functionLogGroupName(environment: string, name: FunctionName): string {
  return `/longhaul/${environment}/functions/${name}`;
}

/** The file beside a function's code that holds its configuration as JSON. */
export const configurationFile = "configuration.json";

/** The DynamoDB table of waiting jobs. */
export function waitingJobsTable(environment: string): string {
  return `longhaul-${environment}-waiting-jobs`;
}

/** The topic for everything that people should be notified of. */
export function alarmTopicName(environment: string): string {
  return `longhaul-${environment}-alarms`;
}

/** The AWS budget of an environment. Budgets belong to an account, so the region is part of the name. */
export function budgetName(environment: string, region: string): string {
  return `longhaul-${environment}-${region}`;
}

/** The Actions variable with a fleet's labels as JSON, for `runs-on: ${{ fromJSON(vars.…) }}`. */
export function labelsVariableName(environment: string, fleet: string): string {
  return `LONGHAUL_${environment}_${fleet}`.toUpperCase().replaceAll("-", "_");
}
