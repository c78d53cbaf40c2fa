/**
 * The SSM parameters of a fleet: who writes them, what they hold. Every value
 * is JSON; the readers here never throw, because what cannot be read must
 * change nothing.
 */

import { isCount, isObject, parseObject } from "./json.ts";
import { written } from "./written.ts";

export function fleetPath(environment: string, fleet: string): string {
  return `/longhaul/${environment}/${fleet}`;
}

/** Names of the parameters that say what is wanted of a fleet's machines: what each machine reads. */
export function fleetParameters(environment: string, fleet: string) {
  const path = fleetPath(environment, fleet);
  return {
    /** Ids of all machines that the program declares. Written by Pulumi as soon as they exist. */
    candidates: `${path}/candidates`,
    /** Ids of the machines in service. Written by Pulumi after the proof. */
    roster: `${path}/roster`,
    /** Written by the controller alone. */
    power: `${path}/power`,
    /** Written by `longhaul sleep`, `wake`, `drain`, `reopen`: see contract/override.ts. */
    override: `${path}/override`,
    /** When its machines sleep for want of jobs, and how long a job may run. Written by Pulumi. */
    limits: `${path}/limits`,
  } as const;
}

/**
 * Where `longhaul settle` remembers when it last saw the fleet's machines: see
 * contract/known-machines.ts. No machine reads it.
 */
export function knownMachinesParameter(environment: string, fleet: string): string {
  return `${fleetPath(environment, fleet)}/known-machines`;
}

/**
 * The `SecureString` that GitHub signs its webhook deliveries with. Below no
 * fleet's path: a fleet's name is a single step.
 */
export function webhookSecretParameter(environment: string): string {
  return `/longhaul/${environment}/webhook/secret`;
}

/**
 * The `SecureString` with the private key of the GitHub App that the sweep asks
 * with, as PEM. Written by `longhaul app-key`, and by nothing of the stack: in
 * its state there would be a copy.
 */
export function appKeyParameter(environment: string): string {
  return `/longhaul/${environment}/github/app-key`;
}

/** The `SecureString` with the registration token of one machine. */
export function tokenParameter(environment: string, fleet: string, instanceId: string): string {
  return `${fleetPath(environment, fleet)}/tokens/${instanceId}`;
}

/**
 * The path below which the machines' software of one version is, in parameters
 * named 0, 1, 2, …: another version has another path, so that a machine only
 * ever reads what it was made for.
 *
 * @param sha256 of the software's text, hexadecimal
 */
export function softwarePath(environment: string, fleet: string, sha256: string): string {
  return `${fleetPath(environment, fleet)}/software/${sha256.slice(0, 10)}`;
}

/** What a machine writes over its token once it has read it. SSM values cannot be empty. */
export const usedToken = "used";

/** `candidates` and `roster`: instance ids in the order of the runners' numbers. */
export interface MachineList {
  machines: string[];
}

export type Power = "on" | "off";

/** `power`: what the environment wants of the fleet. Budget beats working hours. */
export interface PowerSetting {
  power: Power;
  by: "stack" | "working-hours" | "budget";
  reason: string;
  /**
   * With `budget`: what was known to be spent when it was off. The meter's record may be lost or damaged afterwards, and
   * the month's money is gone all the same.
   */
  spent?: { month: string; usd: number };
}

/** `limits`: when a machine sleeps for want of jobs, although power is on, and how long it may have one. */
export interface LimitsSetting {
  /** Minutes without a job; absent: it never does. */
  idleMinutes?: number;
  /** The first so many machines of the roster never do. */
  minimumAwake: number;
  /** Hours that a job may run before people are told; absent: any. */
  maxJobHours?: number;
  /** A job is ended when it has run for so long. Nothing else than `true`, beside a limit, ends anything. */
  enforce?: boolean;
}

export const initialPower: PowerSetting = { power: "on", by: "stack", reason: "the fleet was created" };

export function formatMachineList(machines: readonly string[]): string {
  return JSON.stringify({ machines });
}

/** The ids of a list, or undefined when the text is not a machine list. */
export function parseMachineList(text: string | undefined): string[] | undefined {
  const value = parseObject(text);
  const machines = value?.machines;
  return Array.isArray(machines) && machines.every((id) => typeof id === "string") ? machines : undefined;
}

export function parsePower(text: string | undefined): PowerSetting | undefined {
  const value = parseObject(text);
  if (!value) return undefined;
  const { power, by, reason, spent } = value;
  if (!isPower(power) || typeof reason !== "string") return undefined;
  if (by !== "stack" && by !== "working-hours" && by !== "budget") return undefined;
  return { power, by, reason, ...(isSpent(spent) && { spent: { month: spent.month, usd: spent.usd } }) };
}

function isSpent(value: unknown): value is NonNullable<PowerSetting["spent"]> {
  return isObject(value) && typeof value.month === "string" && isPositive(value.usd);
}

export function parseLimits(text: string | undefined): LimitsSetting | undefined {
  const value = parseObject(text);
  if (!value || !isCount(value.minimumAwake)) return undefined;
  const { idleMinutes, minimumAwake } = value;
  if (idleMinutes !== undefined && !isPositive(idleMinutes)) return undefined;
  return written<LimitsSetting>({ idleMinutes, minimumAwake, ...parseJobLimit(value) });
}

/** A limit that is damaged is none, unlike an idle limit: an earlier one that goes on to hold could end a job. */
function parseJobLimit({ maxJobHours, enforce }: Record<string, unknown>) {
  return isPositive(maxJobHours)
    ? { maxJobHours, enforce: enforce === true }
    : { maxJobHours: undefined, enforce: undefined };
}

function isPositive(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0; // JSON's 1e999 is read as Infinity.
}

/** Whether a value that was read is a power. */
export function isPower(value: unknown): value is Power {
  return value === "on" || value === "off";
}
