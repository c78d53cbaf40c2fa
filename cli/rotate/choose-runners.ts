import { runnerName } from "../../contract/names.ts";
import type { Environment } from "../environment.ts";
import { BadUsage } from "../exit-codes.ts";
import { notUnderstood, parseSpan, spanForm } from "../times/span.ts";

/** Which runners to rotate, as the command line says. Exactly one way, but `olderThan` may be within a `fleet`. */
export interface Selection {
  fleet?: string;
  /** By name, for example `dev-cloud-1`. */
  runners?: string[];
  all?: boolean;
  /** Only those whose machine was made longer ago: a span of time as it was written, for example `36h`. */
  olderThan?: string;
}

/** A runner as the stack file describes it. */
export interface ConfiguredRunner {
  fleet: string;
  /** In its fleet, from 1. */
  number: number;
  /** Its name, for example `dev-cloud-1`. */
  runner: string;
  generation: number;
}

/** The machine that embodies a runner now. */
export interface ServingMachine {
  instanceId: string;
  /** The one that it was made with. */
  generation: number;
  /** When it was made, ISO 8601; absent where EC2 did not say. A stop and a start do not change it. */
  createdAt?: string;
}

/** All runners of an environment, in the order of the fleets and their numbers. */
export function runnersOf({
  name,
  configuration,
}: Pick<Environment, "name" | "configuration">): ConfiguredRunner[] {
  return Object.entries(configuration.fleets).flatMap(([fleet, { runners, generations }]) =>
    Array.from({ length: runners }, (_, index) => ({
      fleet,
      number: index + 1,
      runner: runnerName(name, fleet, index + 1),
      generation: generations[index + 1] ?? 1,
    })),
  );
}

/**
 * Refuses a selection that says nothing, or more than one thing.
 *
 * @throws BadUsage
 */
export function checkSelection({ fleet, runners, all, olderThan }: Selection): void {
  const ways = [fleet ?? olderThan, runners, all].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new BadUsage(
      `Which runners? Say it in one way${ways.length === 0 ? "" : ", not in several"}: --fleet <name>, --runner <names...>, --all, ` +
        "or --older-than <age>, which goes together with --fleet.",
    );
  }
  if (olderThan !== undefined && parseSpan(olderThan) === undefined) {
    throw notUnderstood("--older-than", olderThan, spanForm);
  }
}

/**
 * The runners that are meant. A machine whose age is not known, and a runner
 * without a machine, is not older than anything.
 *
 * @param machines the machine in service, by runner
 * @param now milliseconds since the epoch
 * @throws BadUsage where a name is not one of the environment, with those that are
 */
export function chooseRunners(
  { fleet, runners, olderThan }: Selection,
  configured: readonly ConfiguredRunner[],
  machines: ReadonlyMap<string, ServingMachine>,
  now: number,
): ConfiguredRunner[] {
  checkNames("fleet", fleet === undefined ? [] : [fleet], new Set(configured.map((one) => one.fleet)));
  checkNames("runner", runners ?? [], new Set(configured.map(({ runner }) => runner)));
  const isOldEnough = ({ runner }: ConfiguredRunner) => {
    if (olderThan === undefined) return true;
    const createdAt = machines.get(runner)?.createdAt;
    return createdAt !== undefined && now - Date.parse(createdAt) > parseSpan(olderThan)!;
  };
  return configured.filter(
    (one) =>
      (fleet === undefined || one.fleet === fleet) &&
      (runners === undefined || runners.includes(one.runner)) &&
      isOldEnough(one),
  );
}

/**
 * Makes sure that the stack file describes the machines that are there: from
 * another checkout than the one that they were last rotated in, `up` would
 * take them back.
 *
 * @throws BadUsage with the runners of which it says another generation
 */
export function checkGenerations(
  configured: readonly ConfiguredRunner[],
  machines: ReadonlyMap<string, ServingMachine>,
): void {
  const different = configured.flatMap(({ runner, generation }) => {
    const machine = machines.get(runner);
    return !machine || machine.generation === generation
      ? []
      : [
          `  ${runner}: generation ${generation}, and its machine ${machine.instanceId} has ${machine.generation}`,
        ];
  });
  if (different.length === 0) return;
  throw new BadUsage(
    `The stack file here says other generations than the machines in service have:\n${different.join("\n")}\n` +
      "A rotation from it would change these as well. Take over the stack file that they were made from (git pull), " +
      'or bring about what this one says ("pulumi up"), and rotate then.',
  );
}

function checkNames(what: string, asked: readonly string[], known: ReadonlySet<string>): void {
  const unknown = asked.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new BadUsage(
    `There is no ${what} ${unknown.join(", ")} in the stack file: it has ${[...known].join(", ")}.`,
  );
}
