/**
 * The SSM parameters of a fleet: who writes them, and what they hold. Every value
 * is JSON. The readers here never throw, because a value that cannot be read
 * must change nothing.
 */

import { isCount, isObject, parseObject } from "./json.ts";
import { written } from "./written.ts";

export function fleetPath(environment: string, fleet: string): string {
  return `/longhaul/${environment}/${fleet}`;
}

/** Names of the parameters with a fleet's settings, which each machine reads. */
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
    /** The idle timeout of its machines, and how long a job may run. Written by Pulumi. */
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
 * The `SecureString` that GitHub signs its webhook deliveries with. It is not
 * below a fleet's path: a fleet's name is a single step.
 */
export function webhookSecretParameter(environment: string): string {
  return `/longhaul/${environment}/webhook/secret`;
}

/**
 * The `SecureString` with the private key of the sweep's GitHub App, as PEM.
 * Only `longhaul app-key` writes it. If the stack did, its state would hold a
 * copy.
 */
export function appKeyParameter(environment: string): string {
  return `/longhaul/${environment}/github/app-key`;
}

/** The `SecureString` with the registration token of one machine. */
export function tokenParameter(environment: string, fleet: string, instanceId: string): string {
  return `${fleetPath(environment, fleet)}/tokens/${instanceId}`;
}

/**
 * The path of the machines' software of one version, in parameters named 0, 1,
 * 2, … Another version has another path, so a machine only ever reads the
 * software that it was made for.
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

/** `power`: the environment's power setting for the fleet. The budget beats working hours. */
export interface PowerSetting {
  power: Power;
  by: "stack" | "working-hours" | "budget";
  reason: string;
  /**
   * With `budget`: the known costs when power was turned off. They still count if the meter's record is lost or damaged
   * afterwards.
   */
  spent?: { month: string; usd: number };
}

/** `limits`: when an idle machine sleeps although power is on, and how long a job may run. */
export interface LimitsSetting {
  /** Minutes without a job; absent: there is no idle timeout. */
  idleMinutes?: number;
  /** Number of machines, the first of the roster, that have no idle timeout. */
  minimumAwake: number;
  /** Hours that a job may run before people are notified; absent: no limit. */
  maxJobHours?: number;
  /** Whether a job is ended at that limit. No value but `true`, together with a limit, ends a job. */
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
  return written<PowerSetting>({
    power,
    by,
    reason,
    spent: isSpent(spent) ? { month: spent.month, usd: spent.usd } : undefined,
  });
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

/** A damaged job limit counts as none, unlike a damaged idle timeout: an earlier limit that still applied could end a job. */
function parseJobLimit({ maxJobHours, enforce }: Record<string, unknown>) {
  return isPositive(maxJobHours)
    ? { maxJobHours, enforce: enforce === true }
    : { maxJobHours: undefined, enforce: undefined };
}

function isPositive(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0; // JSON's 1e999 is read as Infinity.
}

/** Type guard for a value that was read. */
export function isPower(value: unknown): value is Power {
  return value === "on" || value === "off";
}
