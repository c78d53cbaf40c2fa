import {
  instanceIdLength,
  maxRunnerEntryLength,
  maxRunnerNameLength,
  namePattern,
  runnerName,
} from "../../contract/names.ts";
import type { Finding } from "../issues.ts";
import type { FleetRuleInput } from "./fleet-rule-input.ts";

const nameRule =
  "must be lower-case letters, digits and single hyphens, beginning with a letter, for example build-large";

/** The stack's name becomes part of every name the stack makes. */
export function environmentFindings(environment: string): Finding[] {
  if (namePattern.test(environment)) return [];
  return [{ path: [], message: `${nameRule}; it is "${environment}"` }];
}

/** A fleet's name, and the names of its runners that follow from it. */
export function fleetNameFindings({ environment, name, fleet, path }: FleetRuleInput): Finding[] {
  if (!namePattern.test(name)) return [{ path, message: `${nameRule}; the fleet is called "${name}"` }];
  const longest = runnerName(environment, name, fleet.runners);
  if (longest.length <= maxRunnerNameLength) return [];
  return [
    {
      path,
      message:
        `makes runners like ${longest}, a name of ${longest.length} characters; at most ${maxRunnerNameLength} fit, ` +
        `because GitHub takes ${maxRunnerEntryLength} and "-<instance id>" needs ${instanceIdLength + 1}. ` +
        `Shorten the name of the fleet or of the stack by ${longest.length - maxRunnerNameLength}`,
      because: [[...path, "runners"], []],
    },
  ];
}

/** A generation belongs to a runner that exists. */
export function generationFindings({ fleet, path }: FleetRuleInput): Finding[] {
  return Object.keys(fleet.generations)
    .filter((number) => Number(number) > fleet.runners)
    .map((number) => ({
      path: [...path, "generations", number],
      message: `names runner ${number}, but the fleet has ${fleet.runners === 1 ? "only runner 1" : `runners 1 to ${fleet.runners}`}; remove it or raise runners`,
      because: [[...path, "runners"]],
    }));
}
