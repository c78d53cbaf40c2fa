import { expect } from "chai";
import fc from "fast-check";
import type { ControllerConfiguration } from "../../../../contract/controller.ts";
import { idleTimeoutWords, powerOffWords } from "../../../../contract/last-words.ts";
import { initialOverrideSetting } from "../../../../contract/override.ts";
import type { FleetSettings } from "../../../../contract/desired.ts";
import { decide } from "../../../../runtime/functions/controller/decide.ts";
import type { ControllerPlan } from "../../../../runtime/functions/controller/decide.ts";
import type { ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";
import {
  configuration,
  day,
  fleet,
  hour,
  machine,
  noon,
  settings,
  workingHours as hours,
} from "./one-fleet.ts";

const asleep = [machine, { ...machine, id: "i-2", runner: "dev-cloud-2" }];

const budgetWords = powerOffWords({ by: "budget", reason: "10.00 of 10 USD are spent" });
const asleepSince = (ago: number, detail: string = idleTimeoutWords) => ({
  state: "asleep",
  since: noon - ago,
  detail,
});

interface Scene {
  now?: number;
  fleet?: Partial<ControllerConfiguration["fleets"][number]>;
  budget?: number;
  settings?: Partial<FleetSettings>;
  machines?: readonly ControlledMachine[];
}
function planFor(scene: Scene): ControllerPlan {
  const { now = noon, machines = asleep, budget } = scene;
  return decide(
    {
      ...configuration,
      fleets: [{ ...fleet, ...scene.fleet }],
      ...(budget !== undefined && {
        budget: { monthlyUsd: budget },
      }),
    },
    {
      now,
      machines,
      strayDisks: [],
      problems: [],
      jobs: [],
      meter: "none",
      settings: { cloud: { ...settings, ...scene.settings } },
    },
  );
}
const awake = (minimumAwake: number) => ({ limits: { idleMinutes: 30, minimumAwake } });
const started = (scene: Scene) => planFor(scene).start.map(({ instanceId }) => instanceId);

describe("the power of a fleet", () => {
  const wanted = (scene: Scene) => planFor(scene).power.cloud;

  it("stays as it is if nothing requires a change, even if only the reason differs", () => {
    expect(wanted({})).to.equal(undefined);
  });

  it("follows working hours, and says which", () => {
    expect(wanted({ fleet: { workingHours: hours } })).to.deep.equal({
      power: "on",
      by: "working-hours",
      reason: "working hours since Mon-Fri 07:30, UTC",
    });
    expect(wanted({ fleet: { workingHours: hours }, now: noon + 8 * hour })).to.deep.equal({
      power: "off",
      by: "working-hours",
      reason: "outside working hours since Mon-Fri 19:00, UTC",
    });
  });

  it("is written when it changes, and not again", () => {
    const power = wanted({ fleet: { workingHours: hours } })!;
    expect(wanted({ fleet: { workingHours: hours }, settings: { power } })).to.equal(undefined);
    expect(wanted({ fleet: { workingHours: hours }, settings: { power }, now: noon + 8 * hour })).to.include({
      power: "off",
    });
  });

  it("is on again once working hours were removed from the configuration", () => {
    const power = { power: "off", by: "working-hours", reason: "outside working hours" } as const;
    expect(wanted({ settings: { power } })).to.include({ power: "on", by: "stack" });
  });

  it("is off by the budget once the month's limit is spent, with or without working hours, and is written once", () => {
    const running = [{ ...machine, state: "running" as const, launchedAt: noon - 48 * hour }];
    const scene = { fleet: { workingHours: hours }, machines: running, budget: 40 };
    const power = wanted(scene)!;
    expect(power).to.include({ power: "off", by: "budget" });
    expect(power.reason).to.match(/^\d+\.\d\d of 40 USD are spent in 2026-11$/);
    expect(wanted({ ...scene, settings: { power }, now: noon + hour })).to.equal(undefined);
  });

  it("is on again once the limit was raised or the month has turned", () => {
    const power = { power: "off", by: "budget", reason: "50.00 of 40 USD are spent in 2026-11" } as const;
    const running = [{ ...machine, state: "running" as const, launchedAt: noon - 48 * hour }];
    const scene = { machines: running, settings: { power } };
    expect(wanted({ ...scene, budget: 4000 })).to.include({ power: "on" });
    expect(wanted({ ...scene, budget: 200, now: Date.parse("2026-12-01T00:01:00Z") })).to.include({
      power: "on",
    });
  });

  it("stays off for the rest of a month whose limit was spent, even if the meter's record is lost, until the limit is raised", () => {
    const running = [{ ...machine, state: "running" as const, launchedAt: noon - 48 * hour }];
    const { power: breach } = planFor({ machines: running, budget: 100 });
    const lost = { machines: [machine], settings: { power: breach.cloud } }; // The scene's meter has no record.
    const plan = planFor({ ...lost, budget: 100 });
    expect([plan.power, plan.start]).to.deep.equal([{}, []]);
    expect(plan.spent!.month, "reported as spent").to.be.at.least(100);
    expect(wanted({ ...lost, budget: 10000 })).to.include({ power: "on" });
    expect(wanted({ ...lost, budget: 100, now: Date.parse("2026-12-01T00:01:00Z") })).to.include({
      power: "on",
    });
  });

  it("is written again if the next month's limit is spent at once", () => {
    const power = {
      power: "off",
      by: "budget",
      reason: "spent in 2026-11",
      spent: { month: "2026-11", usd: 40 },
    } as const;
    const now = Date.parse("2026-12-01T12:00:00Z");
    const machines = [{ ...machine, state: "running" as const }];
    expect(wanted({ machines, settings: { power }, budget: 1, now })!.spent!.month).to.equal("2026-12");
  });

  it("is not decided by settings that could not be read", () => {
    expect(planFor({ settings: { power: undefined } }).power.cloud).to.include({ power: "on" });
    const plan = decide(configuration, {
      now: noon,
      machines: asleep,
      strayDisks: [],
      problems: [],
      jobs: [],
      meter: "none",
      settings: {},
    });
    expect(plan).to.deep.include({ power: {}, start: [] });
  });
});

describe("a sleeping machine", () => {
  const rows: [rule: string, scene: Scene, expected: string[]][] = [
    ["stays asleep while its fleet has an idle timeout and nothing needs it", {}, []],
    ["is woken when working hours begin", { fleet: { workingHours: hours } }, ["i-1", "i-2"]],
    [
      "is not woken again in the same working hours, after it found no job",
      { fleet: { workingHours: hours }, machines: [{ ...machine, launchedAt: noon - 4 * hour }] },
      [],
    ],
    [
      "is not woken by working hours that began while it was awake, after it found no job",
      { fleet: { workingHours: hours }, machines: [{ ...machine, report: asleepSince(4 * hour) }] },
      [],
    ],
    [
      "is woken if it was awake when they began, and an override that has ended put it to sleep",
      {
        fleet: { workingHours: hours },
        machines: [{ ...machine, report: asleepSince(hour, budgetWords) }],
      },
      ["i-1"],
    ],
    [
      "is woken if it started within them, and an override that has ended put it to sleep",
      {
        fleet: { workingHours: hours },
        machines: [{ ...machine, launchedAt: noon - 4 * hour, report: asleepSince(hour, budgetWords) }],
      },
      ["i-1"],
    ],
    [
      "is not woken by them again after a start that failed",
      {
        fleet: { workingHours: hours },
        machines: [{ ...machine, launchedAt: noon - hour, report: asleepSince(2 * hour, budgetWords) }],
      },
      [],
    ],
    [
      "is woken if it went to sleep just as they began, because it had read only the night's setting",
      {
        fleet: { workingHours: hours },
        machines: [{ ...machine, report: asleepSince(4.5 * hour - 60_000) }],
      },
      ["i-1"],
    ],
    [
      "is woken when they begin, even if its report has a time in the future",
      { fleet: { workingHours: hours }, machines: [{ ...machine, report: asleepSince(-hour) }] },
      ["i-1"],
    ],
    [
      "is not woken outside of them",
      { fleet: { workingHours: hours }, settings: awake(1), now: noon + 8 * hour },
      [],
    ],
    ["is woken if it is one of `minimumAwake` machines", { settings: awake(1) }, ["i-1"]],
    [
      "is woken if an operator wants it awake, although it went to sleep idle",
      {
        settings: {
          override: {
            ...initialOverrideSetting,
            runners: { "dev-cloud-2": { power: "on", by: "ada", reason: "release" } },
          },
        },
      },
      ["i-2"],
    ],
    [
      "is not woken against an operator's override",
      {
        fleet: { workingHours: hours },
        settings: {
          ...awake(2),
          override: { ...initialOverrideSetting, fleet: { power: "off", by: "ada", reason: "repair" } },
        },
      },
      [],
    ],
    [
      "is woken after a week, so that GitHub keeps its registration",
      {
        fleet: { workingHours: hours },
        now: noon + 8 * hour,
        machines: [{ ...machine, launchedAt: noon - 7 * day }],
      },
      ["i-1"],
    ],
    [
      "is not woken a week after its start if it has just gone to sleep",
      { machines: [{ ...machine, launchedAt: noon - 8 * day, report: asleepSince(hour) }] },
      [],
    ],
    [
      "is not woken a week after its start if EC2 says that it stopped later",
      { machines: [{ ...machine, launchedAt: noon - 8 * day, stoppedAt: noon - day }] },
      [],
    ],
    [
      "is woken a week after it went to sleep",
      { machines: [{ ...machine, launchedAt: noon - 20 * day, report: asleepSince(7 * day) }] },
      ["i-1"],
    ],
    [
      "is woken a week after its start if its report is from before the start, or has a time in the future",
      {
        machines: [
          { ...machine, launchedAt: noon - 7 * day, report: asleepSince(9 * day) },
          { ...asleep[1]!, launchedAt: noon - 7 * day, report: asleepSince(-day) },
        ],
      },
      ["i-1", "i-2"],
    ],
    ["is not woken if it is not on the roster", { settings: { ...awake(2), roster: ["i-9"] } }, []],
    [
      "is not woken if the roster cannot be read",
      { fleet: { workingHours: hours }, settings: { roster: undefined } },
      [],
    ],
    [
      "is not woken in a fleet that closes",
      {
        fleet: { workingHours: hours },
        settings: { override: { ...initialOverrideSetting, closing: true } },
      },
      [],
    ],
    [
      "is not woken for any reason once the month's limit is spent",
      {
        fleet: { workingHours: hours },
        settings: awake(2),
        budget: 1,
        machines: [{ ...machine, launchedAt: noon - 20 * day }],
      },
      [],
    ],
    [
      "is woken in spite of the budget if an operator's override ignores the budget",
      {
        budget: 1,
        machines: [
          { ...machine, launchedAt: noon - 20 * day },
          { ...machine, id: "i-2", runner: "dev-cloud-2", launchedAt: noon - 20 * day },
        ],
        settings: {
          override: {
            ...initialOverrideSetting,
            runners: { "dev-cloud-2": { power: "on", by: "ada", reason: "release", overBudget: true } },
          },
        },
      },
      ["i-2"],
    ],
  ];
  for (const [rule, scene, expected] of rows) {
    it(rule, () => {
      expect(started(scene)).to.deep.equal(expected);
    });
  }

  it("is the only kind that is started, for any input", () => {
    const anyMachine = fc.record({
      id: fc.constantFrom("i-1", "i-2", "i-3"),
      fleet: fc.constantFrom("cloud", "other"),
      runner: fc.constant("dev-cloud-1"),
      instanceType: fc.constantFrom("m5.xlarge", "m5.4xlarge", "x9.metal"),
      state: fc.constantFrom("pending", "running", "stopping", "stopped", "shutting-down", "terminated"),
      createdAt: fc.constant(noon - 30 * day),
      availabilityZone: fc.constantFrom("a", "b"),
      launchedAt: fc.integer({ min: noon - 20 * day, max: noon }),
      hasPublicAddress: fc.boolean(),
    }) as fc.Arbitrary<ControlledMachine>;
    const machines = fc.uniqueArray(anyMachine, { selector: ({ id }) => id });
    fc.assert(
      fc.property(machines, fc.nat(2), fc.integer({ min: 0, max: 7 * day }), (all, minimumAwake, later) => {
        const scene = {
          fleet: { workingHours: hours },
          settings: awake(minimumAwake),
          machines: all,
          now: noon + later,
        };
        const ids = started(scene);
        const startable = all.filter(({ state, fleet }) => state === "stopped" && fleet === "cloud");
        expect(startable.map(({ id }) => id)).to.include.members(ids);
        expect(new Set(ids).size).to.equal(ids.length);
        expect(settings.roster).to.include.members(ids);
        expect(planFor(scene), "the same again").to.deep.equal(planFor(scene));
      }),
    );
  });
});
