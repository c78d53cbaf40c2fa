import type { FleetSettings } from "../../contract/desired.ts";
import { desiredFor } from "../../contract/desired.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { InstanceState } from "../../contract/instance-state.ts";
import type { RunnerEntry } from "../../observe/machine.ts";
import type { Decision } from "../../runtime/agent/decide.ts";
import type { RunnerObservation } from "../../runtime/agent/runner-observation.ts";
import { decide, wantsToLeave } from "../../runtime/agent/decide.ts";
import { startsOf } from "../../runtime/functions/controller/starts.ts";
import type { EntryFate } from "../../cli/entries/judge-entry.ts";
import { judgeEntry } from "../../cli/entries/judge-entry.ts";
import { instanceWith } from "../unit/observe/instance.ts";
import { showsBusy } from "./acquisitions.ts";
import { entryOf } from "./github.ts";
import { askToPowerOff, powerOffForGood } from "./agent-leaving.ts";
import { replaceAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import { end, interrupt } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { settings } from "./settings.ts";
import type { Machine, PowerOffCause, World } from "./world.ts";

const place = { environment: "dev", fleet: "cloud" };
const ours = {
  [tags.project]: projectTag,
  [tags.environment]: place.environment,
  [tags.fleet]: place.fleet,
};

/** The parts of the protocol that a test can remove. */
export interface Variant {
  decide: (seen: RunnerObservation, world: World, machine: Machine) => Decision;
  desiredFor: typeof desiredFor;
  startsOf: typeof startsOf;
  quietMs: number;
  endListener: (world: World, listener: Listener) => void;
  /**
   * What an agent does when its machine is ready to power off.
   *
   * @param again looks again
   */
  powerOff: (world: World, agent: Agent, again: () => void) => void;
  /** The causes of a delayed power-off that the agent notices when it cancels its boot timer. */
  hearsOf: readonly PowerOffCause[];
  /** The entries at GitHub that settle removes. */
  removable: (entries: RunnerEntry[], states: ReadonlyMap<string, InstanceState>) => RunnerEntry[];
}

/** The product as it is. */
export const product: Variant = {
  decide: (seen) => decide(seen),
  desiredFor,
  startsOf,
  quietMs: settings.quietMs,
  endListener: (world, listener) => {
    end(world, listener, "agent");
  },
  powerOff: powerOffForGood,
  hearsOf: ["agent", "boot timer"],
  removable: (entries, states) => entriesThatAre(["gone"], entries, states),
};

/**
 * The entries to which settle gives one of these fates. No machine that EC2 does
 * not describe counts as known.
 */
function entriesThatAre(
  fates: EntryFate[],
  entries: RunnerEntry[],
  states: ReadonlyMap<string, InstanceState>,
): RunnerEntry[] {
  const instances = new Map([...states].map(([id, state]) => [id, instanceWith({ id, state, tags: ours })]));
  const evidence = { ...place, instances, knownMachines: new Map<string, number>(), now: 0 };
  return entries.filter((entry) => fates.includes(judgeEntry(entry, evidence).fate));
}

const nothing = { job: false, worker: false, pendingJobEvidence: undefined };

/** The product without one of its protections. */
export const mutants = {
  "ends the listener right after the freeze, without a second look": {
    ...product,
    decide: (seen) => decide(seen.listener?.frozen && wantsToLeave(seen) ? { ...seen, ...nothing } : seen),
  },
  "trusts GitHub's busy flag instead of looking": {
    ...product,
    decide: (seen, world, machine) => {
      const job = showsBusy(world, machine);
      return decide({
        ...seen,
        ...nothing,
        job,
        lastActivityAt: job ? seen.now : (entryOf(world, machine)?.flag.from ?? 0),
      });
    },
  },
  "ends the listener politely": { ...product, endListener: interrupt },
  "does not wait until it has been quiet": { ...product, quietMs: 0 },
  "ends its agent when it has asked for its power-off": {
    ...product,
    hearsOf: ["boot timer"],
    powerOff: (world, agent, again) => {
      askToPowerOff(world, agent, (done) => {
        if (done) replaceAgent(world, agent.machine);
        else again();
      });
    },
  },
  "starts its listener although its boot timer has run out": { ...product, hearsOf: ["agent"] },
  "retires when both lists are empty": {
    ...product,
    desiredFor: (machine, known, now) => {
      const desired = desiredFor(machine, known, now);
      return isEmpty(known) ? { ...desired, listing: "none" } : desired;
    },
  },
  "ends a job for a limit that only warns": {
    ...product,
    decide: (seen) =>
      decide(seen.jobLimit ? { ...seen, jobLimit: { ...seen.jobLimit, enforce: true } } : seen),
  },
  "is not started when the reason for which it sleeps is over": {
    ...product,
    startsOf: (input) => {
      const { start, resting } = startsOf(input);
      return { start: start.filter(({ reason }) => !reason.startsWith("nothing keeps it asleep")), resting };
    },
  },
  "removes the entry of a machine that is not found": {
    ...product,
    removable: (entries, states) => entriesThatAre(["gone", "unknown"], entries, states),
  },
} satisfies Record<string, Variant>;

function isEmpty({ candidates, roster }: FleetSettings): boolean {
  return candidates?.length === 0 && roster?.length === 0;
}
