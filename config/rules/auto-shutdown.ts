import type { Finding } from "../issues.ts";
import { limits } from "../limits.ts";
import { localEnvironment } from "../../contract/local-cloud.ts";
import type { Configuration } from "../schema.ts";
import type { FleetRuleInput } from "./fleet-rule-input.ts";
import { workingHoursFault } from "./working-hours.ts";

/** The idle timeout, minimum awake and working hours must have an effect. */
export function autoShutdownFindings({ fleet, path }: FleetRuleInput): Finding[] {
  const { minimumAwake, workingHours } = fleet.autoShutdown;
  const at = (...keys: string[]) => [...path, "autoShutdown", ...keys];
  const findings: Finding[] = [];
  if (minimumAwake > fleet.runners) {
    findings.push({
      path: at("minimumAwake"),
      message: `is ${minimumAwake}, but the fleet has ${fleet.runners === 1 ? "one runner" : `${fleet.runners} runners`}; raise runners, or lower it`,
      because: [[...path, "runners"]],
    });
  }
  const fault = workingHours && workingHoursFault(workingHours);
  if (fault !== undefined) {
    findings.push({
      path: at("workingHours", "sleep"),
      message: fault,
      because: [at("workingHours", "wake")],
    });
  }
  return findings;
}

/** Minutes of observation before a machine leaves, for whatever reason. */
export function idleFindings(environment: string, { agent, fleets }: Configuration): Finding[] {
  if (environment === localEnvironment) return [];
  return Object.entries(fleets).flatMap(([name, { autoShutdown }]) => {
    const { idleMinutes } = autoShutdown;
    if (idleMinutes === undefined || idleMinutes * 60 >= agent.quietSeconds) return [];
    const message = `is ${idleMinutes}, less than the ${agent.quietSeconds} seconds of agent.quietSeconds; name at least ${Math.ceil(agent.quietSeconds / 60)}`;
    const because = [["agent", "quietSeconds"]];
    return [{ path: ["fleets", name, "autoShutdown", "idleMinutes"], message, because }];
  });
}

/**
 * An enforced limit must leave enough time for the smoke test, which at least one
 * machine of each fleet runs in full. The local cloud's minutes are shorter than
 * a machine's.
 */
export function jobLimitFindings(environment: string, { fleets, smokeTest }: Configuration): Finding[] {
  if (environment === localEnvironment || !smokeTest.enabled) return [];
  const needed = smokeTest.minutes + limits.smokeMarginMinutes;
  return Object.entries(fleets).flatMap(([name, { autoShutdown }]) => {
    const { maxJobHours, enforce } = autoShutdown;
    if (!enforce || maxJobHours * 60 >= needed) return [];
    const at = (key: string) => ["fleets", name, "autoShutdown", key];
    const message =
      `is ${maxJobHours} and enforced, which would end the smoke test: it holds its machine for ${smokeTest.minutes} minutes, ` +
      `and needs ${limits.smokeMarginMinutes} beside them; name at least ${Math.ceil((needed / 60) * 10) / 10}, lower smokeTest.minutes, or set enforce to false`;
    return [{ path: at("maxJobHours"), message, because: [at("enforce"), ["smokeTest", "minutes"]] }];
  });
}
