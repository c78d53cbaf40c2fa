import { expect } from "chai";
import fc from "fast-check";
import { restAfterBootMs, restAfterLossMs } from "../../../../contract/asleep.ts";
import { idleTimeoutWords, powerOffWords } from "../../../../contract/last-words.ts";
import { initialOverrideSetting } from "../../../../contract/override.ts";
import type { OverrideSetting } from "../../../../contract/override.ts";
import type { PowerSetting } from "../../../../contract/parameters.ts";
import type { FleetSettings } from "../../../../contract/desired.ts";
import type { ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";
import { startsOf } from "../../../../runtime/functions/controller/starts.ts";
import { hour, machine as sleeping, noon as now, settings as inService, workingHours } from "./one-fleet.ts";

const minute = 60_000;

const on: PowerSetting = { power: "on", by: "stack", reason: "no working hours are set" };
const byHours: PowerSetting = { power: "on", by: "working-hours", reason: "working hours" };
const night: PowerSetting = { power: "off", by: "working-hours", reason: "outside working hours" };
const breach: PowerSetting = { power: "off", by: "budget", reason: "10.00 of 10 USD are spent" };
const ada = { by: "ada", reason: "maintenance" };
const until = (at: number) => new Date(at).toISOString();
const fleetOverride = (override: NonNullable<OverrideSetting["fleet"]>): OverrideSetting => ({
  ...initialOverrideSetting,
  fleet: override,
});

const silent: ControlledMachine = { ...sleeping, launchedAt: now - 5 * hour };
/** Went to sleep two hours ago because of the budget, after three hours awake. */
const machine: ControlledMachine = {
  ...silent,
  report: { state: "asleep", since: now - 2 * hour, detail: powerOffWords(breach) },
};
const whichSaid = (state: string, launchedAgo: number, detail = "") => ({
  machines: [
    {
      ...machine,
      launchedAt: now - launchedAgo,
      report: { state, since: now - launchedAgo + 10_000, detail },
    },
  ],
});
const whichWasSilent = (launchedAgo: number) => ({
  machines: [{ ...machine, launchedAt: now - launchedAgo }],
});

interface Scene {
  settings?: Partial<FleetSettings>;
  machines?: readonly ControlledMachine[];
  /** Milliseconds since working hours began. Absent: it is outside of working hours. */
  hoursSince?: number;
}
function decided({ settings, machines = [machine], hoursSince }: Scene) {
  return startsOf({
    fleet: { name: "cloud", workingHours: workingHours },
    workingHours: hoursSince === undefined ? undefined : { since: now - hoursSince },
    settings: { ...inService, power: on, limits: { minimumAwake: 0 }, ...settings },
    machines,
    now,
  });
}

describe("a machine without an idle timeout is kept asleep only by a reason to sleep", () => {
  const rows: [rule: string, scene: Scene, outcome: "started" | "asleep" | "resting"][] = [
    ["the budget, while it is spent", { settings: { power: breach } }, "asleep"],
    ["not the budget once it was raised, or the month has turned", {}, "started"],
    ["working hours, outside of them", { settings: { power: night } }, "asleep"],
    ["not working hours once they were taken out", { settings: { power: on } }, "started"],
    [
      "not the budget within working hours, in the midst of which it was raised",
      { settings: { power: byHours }, hoursSince: 4 * hour },
      "started",
    ],
    [
      "an operator's override without an end",
      { settings: { override: fleetOverride({ power: "off", ...ada }) } },
      "asleep",
    ],
    [
      "an operator's override until it ends",
      { settings: { override: fleetOverride({ power: "off", ...ada, until: until(now + 1000) }) } },
      "asleep",
    ],
    [
      "not an operator's override that has ended",
      { settings: { override: fleetOverride({ power: "off", ...ada, until: until(now) }) } },
      "started",
    ],
    [
      "working hours after an operator's override has ended at night",
      { settings: { power: night, override: fleetOverride({ power: "off", ...ada, until: until(now) }) } },
      "asleep",
    ],
    [
      "another operator's override after one for its runner has ended",
      {
        settings: {
          override: {
            ...fleetOverride({ power: "off", ...ada }),
            runners: { "dev-cloud-1": { power: "off", ...ada, until: until(now) } },
          },
        },
      },
      "asleep",
    ],
    [
      "not an idle timeout once it was taken out of the configuration",
      whichSaid("asleep", 5 * hour, idleTimeoutWords),
      "started",
    ],
    [
      "an idle timeout, whatever put it to sleep before",
      { settings: { limits: { idleMinutes: 30, minimumAwake: 0 } } },
      "asleep",
    ],
    [
      "not an idle timeout if it is one of `minimumAwake` machines",
      { settings: { limits: { idleMinutes: 30, minimumAwake: 1 } } },
      "started",
    ],
    [
      "not an idle timeout if an operator wants it awake",
      {
        settings: {
          limits: { idleMinutes: 30, minimumAwake: 0 },
          override: fleetOverride({ power: "on", ...ada }),
        },
      },
      "started",
    ],
    ["what could not be read: an override", { settings: { override: undefined } }, "asleep"],
    [
      "what could not be read: an override, within working hours that have just begun",
      { settings: { override: undefined, power: byHours }, hoursSince: minute },
      "asleep",
    ],
    ["what could not be read: its idle timeout", { settings: { limits: undefined } }, "asleep"],
    ...(["override", "limits"] as const).map((unread): [string, Scene, "asleep"] => [
      `what could not be read: ${unread}, after a week too`,
      { ...whichSaid("asleep", 8 * 24 * hour, idleTimeoutWords), settings: { [unread]: undefined } },
      "asleep",
    ]),
    [
      "not an idle timeout that could not be read if an operator wants it awake",
      { settings: { limits: undefined, override: fleetOverride({ power: "on", ...ada }) } },
      "started",
    ],
    [
      "not its place if it is a candidate: `pulumi up` needs it awake",
      { settings: { roster: [] } },
      "started",
    ],
    ["the night, if it is a candidate", { settings: { roster: [], power: night } }, "asleep"],
    [
      "not its idle timeout if it is a candidate that slept through the night, once working hours begin",
      {
        settings: { roster: [], power: byHours, limits: { idleMinutes: 30, minimumAwake: 0 } },
        hoursSince: minute,
      },
      "started",
    ],
    [
      "an idle timeout if it is a candidate: candidates do not count for `minimumAwake`",
      { settings: { roster: ["i-2"], limits: { idleMinutes: 30, minimumAwake: 1 } } },
      "asleep",
    ],
    ["what could not be read: the roster", { settings: { roster: undefined } }, "asleep"],
    ["its place: on neither list", { settings: { candidates: ["i-2"], roster: ["i-2"] } }, "asleep"],
    [
      "its fleet that closes",
      { settings: { override: { ...initialOverrideSetting, closing: true } } },
      "asleep",
    ],
    // A machine that stopped without going to sleep is started again, but not each minute.
    ["nothing, where a job powered it off long after its start", whichSaid("busy", hour), "started"],
    [
      "a short rest, where something powered it off right after its start",
      whichSaid("starting", restAfterLossMs - 1),
      "resting",
    ],
    ["a long rest, where its boot has failed", whichSaid("boot-failed", 61 * minute), "resting"],
    ["a long rest, where its boot hung", whichSaid("booting", 61 * minute), "resting"],
    ["nothing, after that rest", whichSaid("boot-failed", restAfterBootMs), "started"],
    ["a long rest, where it said nothing since its start", whichWasSilent(61 * minute), "resting"],
    ["nothing, after that rest too", whichWasSilent(restAfterBootMs), "started"],
    [
      "nothing, where working hours have begun since its boot failed",
      { ...whichSaid("boot-failed", 61 * minute), settings: { power: byHours }, hoursSince: minute },
      "started",
    ],
    [
      "nothing, where it slept at once after a start: the budget waits for no turn",
      whichSaid("asleep", minute, powerOffWords(breach)),
      "started",
    ],
  ];
  for (const [rule, scene, outcome] of rows) {
    it(rule, () => {
      const { start, resting } = decided(scene);
      expect({ start: start.map(({ instanceId }) => instanceId), resting }).to.deep.equal({
        start: outcome === "started" ? ["i-1"] : [],
        resting: outcome === "resting" ? ["i-1"] : [],
      });
    });
  }

  it("and the log says why it is started, and how it stopped", () => {
    const reasonOf = (scene: Scene) => decided(scene).start[0]?.reason;
    expect(reasonOf({})).to.equal(
      "nothing keeps it asleep, and power is on by stack (no working hours are set)",
    );
    expect(reasonOf({ settings: { override: fleetOverride({ power: "on", ...ada }) } })).to.equal(
      "nothing keeps it asleep, and power is on by ada (maintenance)",
    );
    expect(reasonOf({ settings: { power: byHours }, hoursSince: hour })).to.equal(
      "working hours have begun (Mon-Fri 07:30, UTC)",
    );
    expect(reasonOf({ settings: { limits: { idleMinutes: 30, minimumAwake: 2 } } })).to.equal(
      "2 of its fleet should be awake",
    );
    expect(reasonOf(whichSaid("boot-failed", restAfterBootMs))).to.match(
      /^it went down without going to sleep \(it was boot-failed\), and nothing keeps it asleep/,
    );
  });

  it("whatever it reports, it is started again only after its rest, or after it went to sleep in between", () => {
    const states = fc.constantFrom(
      "booting",
      "boot-failed",
      "starting",
      "idle",
      "busy",
      "asleep",
      "anything",
    );
    const report = fc.record({
      state: states,
      since: fc.integer({ min: now - 8 * hour, max: now + hour }),
      detail: fc.constantFrom("", idleTimeoutWords, powerOffWords(breach)),
    });
    const launchedAgo = fc.integer({ min: 0, max: 8 * hour });
    fc.assert(
      fc.property(launchedAgo, fc.option(report, { nil: undefined }), (ago, said) => {
        const one: ControlledMachine = { ...silent, launchedAt: now - ago, ...(said && { report: said }) };
        const { start, resting } = decided({ machines: [one] });
        expect(start.length + resting.length).to.equal(1);
        if (ago >= restAfterBootMs) expect(start).to.have.lengthOf(1);
        const wentToSleep = said?.state === "asleep" && said.since >= one.launchedAt - 1000;
        if (ago < restAfterLossMs && !wentToSleep) expect(resting).to.deep.equal(["i-1"]);
      }),
    );
  });
});

describe("a machine that EC2 did not start the last time", () => {
  const minutes = (count: number) => count * minute;
  const why = "Client.InternalError: Client error on launch";
  /** A machine that went to sleep idle, and whose start failed. @param ago milliseconds since that start */
  const failed = (ago: number, asleepFor = 8 * hour, count = 1): ControlledMachine => ({
    ...silent,
    launchedAt: now - ago,
    report: { state: "asleep", since: now - asleepFor, detail: idleTimeoutWords },
    failedStart: { why, count, lastAt: now - ago },
  });
  const idle = { limits: { idleMinutes: 30, minimumAwake: 0 } };
  const wakesAda = { override: fleetOverride({ power: "on", ...ada }) };
  const week = 7 * 24 * hour;
  const reasons: [reason: string, scene: Scene, asleepFor?: number][] = [
    ["nothing that keeps it asleep", {}],
    ["`minimumAwake`", { settings: { limits: { idleMinutes: 30, minimumAwake: 1 } } }],
    ["an operator", { settings: { ...idle, ...wakesAda } }],
    ["working hours that have begun", { settings: { ...idle, power: byHours }, hoursSince: minutes(30) }],
    ["its registration, which GitHub removes after two weeks", { settings: idle }, week],
  ];
  for (const [reason, scene, asleepFor] of reasons) {
    const started = (ago: number, count: number) =>
      decided({ ...scene, machines: [failed(ago, asleepFor, count)] }).start.length === 1;

    it(`is tried again for ${reason}, after its back-off`, () => {
      expect(started(minutes(1) - 1, 1), "a minute after the first").to.equal(false);
      expect(started(minutes(1), 1)).to.equal(true);
      expect(started(minutes(16) - 1, 5), "sixteen after the fifth").to.equal(false);
      expect(started(minutes(16), 5)).to.equal(true);
      expect(started(minutes(60) - 1, 99), "an hour after any later one").to.equal(false);
      expect(started(minutes(60), 99)).to.equal(true);
    });
  }

  describe("and that is one of `minimumAwake` machines", () => {
    const oneAwake = { idleMinutes: 30, minimumAwake: 1 };
    const roster = ["i-1", "i-2", "i-3"];
    const other = (number: number, more: Partial<ControlledMachine> = {}): ControlledMachine => ({
      ...silent,
      id: `i-${number}`,
      runner: `dev-cloud-${number}`,
      report: { state: "asleep", since: now - hour, detail: idleTimeoutWords },
      ...more,
    });
    const standIns = (
      others: ControlledMachine[],
      settings: Partial<FleetSettings> = {},
      first = failed(1000),
    ) =>
      decided({
        settings: { roster, limits: oneAwake, ...settings },
        machines: [first, ...others],
      }).start.map(({ instanceId }) => instanceId);

    it("is replaced by the next healthy machine of the roster", () => {
      expect(standIns([other(3), other(2)])).to.deep.equal(["i-2"]);
      const failing = other(2, {
        failedStart: { why, count: 1, lastAt: now - 1000 },
        launchedAt: now - 1000,
      });
      expect(standIns([failing, other(3)])).to.deep.equal(["i-3"]);
    });

    it("is not replaced again while one is awake in its place, or on its way", () => {
      for (const state of ["running", "pending"] as const)
        expect(standIns([other(2), other(3, { state })])).to.deep.equal([]);
      expect(standIns([other(2), other(3)], {}, failed(hour)), "it is tried again itself").to.deep.equal([
        "i-1",
      ]);
    });

    it("is not replaced by a machine that another reason keeps asleep, or that has just stopped in another way", () => {
      const asleep: OverrideSetting = {
        ...initialOverrideSetting,
        runners: { "dev-cloud-2": { power: "off", ...ada } },
      };
      expect(standIns([other(2), other(3)], { override: asleep })).to.deep.equal(["i-3"]);
      const lost = other(2, { ...whichSaid("busy", minute).machines[0]!, id: "i-2", runner: "dev-cloud-2" });
      expect(standIns([lost])).to.deep.equal([]);
      for (const power of [breach, night]) expect(standIns([other(2)], { power })).to.deep.equal([]);
      expect(standIns([other(2)], { limits: undefined })).to.deep.equal([]);
    });

    it("is replaced, one machine for each that is missing", () => {
      const two = { limits: { idleMinutes: 30, minimumAwake: 2 } };
      expect(standIns([other(2), other(3)], two), "the second starts by itself").to.deep.equal([
        "i-2",
        "i-3",
      ]);
      expect(standIns([other(2, { state: "running" }), other(3)], two)).to.deep.equal(["i-3"]);
    });
  });

  it("is not tried again against a reason to sleep", () => {
    const machines = [failed(hour)];
    for (const settings of [
      { power: breach },
      { power: night },
      { override: fleetOverride({ power: "off", ...ada }) },
      idle,
    ])
      expect(decided({ settings, machines }).start).to.deep.equal([]);
  });

  it("rests until then, and the log says why", () => {
    expect(decided({ machines: [failed(1000)] }).resting).to.deep.equal(["i-1"]);
    expect(decided({ machines: [failed(hour)] }).start[0]!.reason).to.equal(
      `EC2 did not start it the last time (${why}), and nothing keeps it asleep, and power is on by stack (no working hours are set)`,
    );
  });
});
