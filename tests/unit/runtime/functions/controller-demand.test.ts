import { expect } from "chai";
import type { ControllerConfiguration } from "../../../../contract/controller.ts";
import { idleTimeoutWords } from "../../../../contract/last-words.ts";
import { initialOverrideSetting } from "../../../../contract/override.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import type { FleetSettings } from "../../../../contract/desired.ts";
import { decide } from "../../../../runtime/functions/controller/decide.ts";
import type { ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";
import {
  configuration,
  fleet,
  hour,
  machine as sleeping,
  noon,
  settings,
  workingHours as hours,
} from "./one-fleet.ts";

const minute = 60_000;
const night = noon + 10 * hour;
const withDemand: ControllerConfiguration = {
  ...configuration,
  demand: { table: "jobs", fleets: [{ name: "cloud", labels: ["self-hosted", "cloud"] }] },
};
const machine: ControlledMachine = { ...sleeping, launchedAt: noon - 2 * hour };
const second: ControlledMachine = { ...machine, id: "i-2", runner: "dev-cloud-2" };
const job: WaitingJob = {
  id: "7",
  repository: "acme/app",
  labels: ["self-hosted", "cloud"],
  state: "queued",
  queuedAt: noon / 1000 - 100,
  at: noon / 1000,
  expiresAt: noon / 1000 + 86_400,
  wakes: 0,
};

interface Scene {
  now?: number;
  machines?: readonly ControlledMachine[];
  fleet?: Partial<ControllerConfiguration["fleets"][number]>;
  settings?: Partial<FleetSettings>;
  budget?: ControllerConfiguration["budget"];
}

/** Ids of the machines that are started because of the one job that waits. */
function startedForTheJob(scene: Scene): string[] | undefined {
  const { now = noon, machines = [machine, second], budget } = scene;
  const plan = decide(
    { ...withDemand, fleets: [{ ...fleet, ...scene.fleet }], ...(budget && { budget }) },
    {
      now,
      machines,
      strayDisks: [],
      problems: [],
      jobs: [{ ...job, at: now / 1000, queuedAt: now / 1000 - 100, expiresAt: now / 1000 + 86_400 }],
      meter: "none",
      settings: { cloud: { ...settings, ...scene.settings } },
    },
  );
  return plan.demand?.starts.map(({ instanceId }) => instanceId);
}

const off = (by: "working-hours" | "budget" | "stack") => ({ power: "off", by, reason: "a reason" }) as const;
const override = (power: "on" | "off", more: object = {}) => ({
  ...initialOverrideSetting,
  fleet: { power, by: "ada", reason: "repair", ...more },
});
const running: ControlledMachine = { ...machine, state: "running" };
const says = (state: string, since: number) => ({ ...running, report: { state, since, detail: "" } });
/** @param ago milliseconds since the start that failed */
const notStarted = (ago: number): ControlledMachine => ({
  ...machine,
  failedStart: { count: 1, lastAt: noon - ago, why: "Client.InternalError" },
  report: { state: "asleep", since: noon - 3 * hour, detail: idleTimeoutWords },
});

describe("for a queued job, the controller starts", () => {
  const cases: [what: string, scene: Scene, started: string[]][] = [
    ["one sleeping machine", {}, ["i-1"]],
    [
      "one at night too: working hours do not apply to jobs",
      { fleet: { workingHours: hours }, now: night },
      ["i-1"],
    ],
    [
      "none while power is off by the budget",
      { settings: { power: off("budget") }, budget: { monthlyUsd: 1 } },
      [],
    ],
    [
      "none in the minute in which the budget is exceeded, while the parameter still says that power is on",
      {
        machines: [{ ...second, state: "running", launchedAt: noon - 48 * hour }, machine],
        settings: { roster: ["i-1"] },
        budget: { monthlyUsd: 40 },
      },
      [],
    ],
    [
      "one in spite of the budget if an operator's override ignores it",
      {
        machines: [{ ...second, state: "shutting-down", launchedAt: noon - 48 * hour }, machine],
        settings: { power: off("budget"), override: override("on", { overBudget: true }) },
        budget: { monthlyUsd: 1 },
      },
      ["i-1"],
    ],
    ["none against an operator's override", { settings: { override: override("off") } }, []],
    [
      "one once that override has ended",
      { settings: { override: override("off", { until: new Date(noon - minute).toISOString() }) } },
      ["i-1"],
    ],
    [
      "the other one where the override is for one runner",
      {
        settings: {
          override: {
            ...initialOverrideSetting,
            runners: { "dev-cloud-1": { power: "off", by: "ada", reason: "repair" } },
          },
        },
      },
      ["i-2"],
    ],
    [
      "none of a fleet that closes",
      { settings: { override: { ...initialOverrideSetting, closing: true } } },
      [],
    ],
    [
      "none if the overrides cannot be read: one of them may forbid it",
      { settings: { override: undefined } },
      [],
    ],
    ["none that is not on the roster", { settings: { roster: ["i-3"] } }, []],
    ["none if the roster cannot be read", { settings: { roster: undefined } }, []],
    [
      "no second one beside the one that working hours start in the same call",
      {
        fleet: { workingHours: hours },
        machines: [
          { ...machine, launchedAt: noon - 24 * hour },
          { ...second, state: "terminated" },
        ],
      },
      [],
    ],
    ["none if a running machine can take it", { machines: [running, second] }, []],
    [
      "one beside a machine that reports that it cannot take jobs",
      { machines: [says("failed", noon - hour), second] },
      ["i-2"],
    ],
    [
      "one beside a machine that reported so as soon as it was started",
      { machines: [says("failed", running.launchedAt), second] },
      ["i-2"],
    ],
    [
      "none beside a machine that reported so before its last start",
      { machines: [says("failed", noon - 3 * hour), second] },
      [],
    ],
    [
      "none beside a machine in a state that passes by itself",
      { machines: [says("starting", noon - hour), second] },
      [],
    ],
    ["none whose last start failed a moment ago", { machines: [notStarted(10_000)] }, []],
    [
      "one whose last start failed long enough ago for another try",
      { machines: [notStarted(hour)] },
      ["i-1"],
    ],
    ["the other one rather than that one", { machines: [notStarted(hour), second] }, ["i-2"]],
  ];
  for (const [what, scene, started] of cases) {
    it(what, () => {
      expect(startedForTheJob(scene)).to.deep.equal(started);
    });
  }
});
