import { expect } from "chai";
import fc from "fast-check";
import { machineName } from "../../../contract/names.ts";
import { initialOverrideSetting } from "../../../contract/override.ts";
import type { MachineState } from "../../../contract/tags.ts";
import { machineStates } from "../../../contract/tags.ts";
import type { FleetSettings, Listing } from "../../../contract/desired.ts";
import { conditionOf, conditions, silentAfterMs } from "../../../observe/condition.ts";
import type { ConditionInput, Condition } from "../../../observe/condition.ts";
import type { ObservedMachine } from "../../../observe/machine.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
const id = "i-0123456789abcdef0";
const name = machineName("dev-cloud-1", id);
const job = "acme/app/actions/runs/7";

const entry = { id: 1, name, busy: false, systemLabels: [], customLabels: [] };
const online = { entry: { ...entry, online: true } };
const offline = { entry: { ...entry, online: false } };
const says = (state: MachineState, minutes = 60) => ({ report: { state, since: minutesAgo(minutes) } });

/** In service, started two hours ago. */
const machine = (more: Partial<ObservedMachine>): ObservedMachine => ({
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceId: id,
  name,
  instanceState: "running",
  stateReason: "",
  launchedAt: minutesAgo(120),
  createdAt: minutesAgo(9000),
  ...more,
});
const judge = (more: Partial<ObservedMachine>, circumstances: Partial<ConditionInput> = {}) =>
  conditionOf(machine(more), { listing: "service", githubAsked: true, now, ...circumstances });

describe("a machine's condition", () => {
  type Row = [rule: string, machine: Partial<ObservedMachine>, Condition, Partial<ConditionInput>?];
  const rows: Row[] = [
    // EC2's state comes first.
    ["stopped: asleep", { instanceState: "stopped", ...says("asleep") }, "asleep"],
    ["stopped: asleep, whatever its tag says", { instanceState: "stopped", ...says("busy") }, "asleep"],
    ["stopped: asleep, whatever GitHub shows", { instanceState: "stopped", ...online }, "asleep"],
    ["stopped: asleep, on no list as well", { instanceState: "stopped" }, "asleep", { listing: "none" }],
    ["stopping: leaving", { instanceState: "stopping", ...says("busy"), ...online }, "leaving"],
    ["shutting down: leaving", { instanceState: "shutting-down" }, "leaving"],
    ["terminated: gone", { instanceState: "terminated", ...says("idle"), ...online }, "gone"],
    ["not described by EC2: gone", { instanceState: "unknown", ...online }, "gone"],
    ["pending for the first time: booting", { instanceState: "pending" }, "booting"],
    ["pending again: starting", { instanceState: "pending", ...says("asleep") }, "starting"],
    // The machine's own report counts while it is up.
    ["idle and online: idle", { ...says("idle"), ...online }, "idle"],
    [
      "idle on the candidates alone: unproven",
      { ...says("idle"), ...online },
      "unproven",
      { listing: "candidate" },
    ],
    ["idle, lists unreadable: idle", { ...says("idle"), ...online }, "idle", { listing: "unknown" }],
    ["idle on no list: on no list", { ...says("idle"), ...online }, "on-no-list", { listing: "none" }],
    [
      "busy on no list: busy, and it stays for its job",
      { ...says("busy"), ...online },
      "busy",
      { listing: "none" },
    ],
    ["busy with its proof: busy", { ...says("busy"), ...online }, "busy", { listing: "candidate" }],
    ["waiting, because it is on no list", says("waiting"), "on-no-list", { listing: "none" }],
    ["waiting, because power is off by the budget", says("waiting"), "waiting"],
    ["without a token on no list: on no list", says("needs-token"), "on-no-list", { listing: "none" }],
    ["without a token: needs a token", { ...says("needs-token"), ...offline }, "needs-token"],
    ["a listener that cannot run: failed", { ...says("failed"), ...offline }, "failed"],
    ["booting before the lists name it: booting", says("booting", 1), "booting", { listing: "none" }],
    ["a boot that gave up: boot failed", says("boot-failed"), "boot-failed", { listing: "none" }],
    [
      "its listener is starting, and not online at GitHub yet: starting",
      { ...says("starting"), ...offline },
      "starting",
    ],
    ["about to power off: leaving", says("leaving"), "leaving", { listing: "none" }],
    ["reported as asleep, and EC2 has not stopped it yet: leaving", says("asleep", 1), "leaving"],
    // GitHub's busy flag has no influence.
    ["idle, and busy at GitHub: idle", { ...says("idle"), entry: { ...online.entry, busy: true } }, "idle"],
    // Reports from before the last start.
    [
      "reported as asleep before its last start: starting",
      { launchedAt: minutesAgo(1), ...says("asleep", 30) },
      "starting",
    ],
    [
      "asleep within two minutes of its start: starting",
      { launchedAt: minutesAgo(1), ...says("asleep", 1.5) },
      "starting",
    ],
    [
      "reported as busy before its last start: starting",
      { launchedAt: minutesAgo(1), ...says("busy", 30) },
      "starting",
    ],
    [
      "reported with a clock a minute behind EC2's: what it reports",
      { launchedAt: minutesAgo(10), ...says("idle", 11), ...online },
      "idle",
    ],
    [
      "reported in the second of its start",
      {
        launchedAt: new Date(now - 500).toISOString(),
        report: { state: "booting", since: new Date(now - 1000).toISOString() },
      },
      "booting",
    ],
    ["reported without a time: what it reports", { report: { state: "idle" }, ...online }, "idle"],
    // The machine is silent.
    ["idle for an hour and offline: silent", { ...says("idle"), ...offline }, "silent"],
    ["idle for an hour and no entry: silent", says("idle"), "silent"],
    ["busy for an hour and offline: silent", { ...says("busy"), ...offline }, "silent"],
    ["idle for a moment and offline: idle", { ...says("idle", 1), ...offline }, "idle"],
    [
      "idle, offline, just started: idle",
      { launchedAt: minutesAgo(1), ...says("idle", 1), ...offline },
      "idle",
    ],
    ["idle, and GitHub could not be asked: idle", says("idle"), "idle", { githubAsked: false }],
    ["no report for two hours: silent", {}, "silent"],
    ["no report for two hours, on no list: silent", {}, "silent", { listing: "none" }],
    ["no report for two hours, GitHub not asked: silent", {}, "silent", { githubAsked: false }],
    ["no report since it was started two hours ago: silent", says("asleep", 600), "silent"],
    ["no report for a minute: booting", { launchedAt: minutesAgo(1) }, "booting"],
    ["no report, but online: online", online, "online"],
    ["no report, online, on no list: on no list", online, "on-no-list", { listing: "none" }],
    ["an hour without a token: needs a token", { ...says("needs-token"), ...offline }, "needs-token"],
  ];
  for (const [rule, more, condition, circumstances] of rows) {
    it(rule, () => {
      expect(judge(more, circumstances).condition).to.equal(condition);
    });
  }

  it("has the moment since which it holds, if that is known", () => {
    const since = (more: Partial<ObservedMachine>) => judge(more).since;
    expect(since({ ...says("idle", 3), ...online })).to.equal(minutesAgo(3));
    expect(since({ instanceState: "stopped", ...says("asleep", 30) })).to.equal(minutesAgo(30));
    expect(since({ instanceState: "stopped", ...says("busy", 30) })).to.equal(undefined);
    expect(since({ instanceState: "pending", launchedAt: minutesAgo(1) })).to.equal(minutesAgo(1));
    expect(since({ ...says("idle"), ...offline })).to.equal(undefined);
  });

  it("of a machine on neither list contains its last report, for example that EC2 does not let it terminate itself", () => {
    const settings: FleetSettings = {
      candidates: [],
      roster: ["i-other"],
      power: { power: "off", by: "working-hours", reason: "night" },
      override: initialOverrideSetting,
      limits: { minimumAwake: 0 },
    };
    const { report } = says("asleep");
    const refused = { ...report, detail: "EC2 refuses to let its power-off terminate it: no." };
    expect(
      judge({ instanceState: "stopped", report: refused }, { settings, listing: "none" }).detail,
    ).to.equal(refused.detail);
  });

  it("links the job while it may still be running, also on a machine that went silent", () => {
    const busy = { report: { state: "busy" as const, since: minutesAgo(60), job } };
    expect(judge({ ...busy, ...online }).job).to.equal(job);
    expect(judge({ ...busy, ...offline })).to.include({ condition: "silent", job });
    expect(judge({ ...busy, instanceState: "stopped" }).job).to.equal(undefined);
  });

  it("of a silent machine says what it last reported, and what GitHub shows", () => {
    expect(judge({ ...says("idle"), ...offline }).detail).to.equal(
      `It reports idle since ${minutesAgo(60)}, and GitHub shows it offline.`,
    );
  });

  it("of a machine that stopped without a report says why, if EC2 knows", () => {
    const stateReason = "Client.UserInitiatedShutdown: User initiated shutdown";
    const powerOff = { power: "off", by: "working-hours", reason: "night" } as const;
    const settings: FleetSettings = {
      candidates: [id],
      roster: [id],
      power: powerOff,
      override: initialOverrideSetting,
      limits: { minimumAwake: 0 },
    };
    const detail = (more: Partial<ObservedMachine>) =>
      judge({ instanceState: "stopped", stateReason, ...more }, { settings }).detail;
    expect(detail(says("busy"))).to.equal(
      `It went down without going to sleep, and was busy. EC2 says: ${stateReason}. Power is off by working-hours: night.`,
    );
    expect(detail(says("asleep", 600))).to.equal(
      `It went down without a word since its last start. EC2 says: ${stateReason}. Power is off by working-hours: night.`,
    );
    expect(detail(says("asleep"))).to.equal("Power is off by working-hours: night.");
  });

  it("of a machine that EC2 did not start gives EC2's reason, the number of failures and the next try", () => {
    const failedStart = {
      why: "Client.InternalError: Client error on launch",
      count: 3,
      lastAt: Date.parse(minutesAgo(1)),
    };
    const settings: FleetSettings = {
      candidates: [id],
      roster: [id],
      power: { power: "on", by: "stack", reason: "no working hours are set" },
      override: initialOverrideSetting,
      limits: { minimumAwake: 0 },
    };
    const asleep = { instanceState: "stopped", ...says("asleep", 600), failedStart } as const;
    expect(judge(asleep, { settings })).to.include({
      condition: "asleep",
      detail:
        "EC2 agreed to start it and did not, 3 times in a row: Client.InternalError: Client error on launch. " +
        `It is started again at ${new Date(Date.parse(minutesAgo(-3))).toISOString()}.`,
    });
    const withJobs = { ...settings, limits: { idleMinutes: 30, minimumAwake: 0 } };
    expect(judge(asleep, { settings: withJobs }).detail).to.match(
      /^EC2 agreed to start it .* on launch\. It stays asleep until a job/,
    );
  });

  it("never depends on GitHub's busy flag, and is a known condition for any input", () => {
    const time = fc.option(fc.integer({ min: 0, max: 300 }).map(minutesAgo), { nil: undefined });
    const machines = fc.record({
      instanceState: fc.constantFrom("pending", "running", "stopping", "stopped", "shutting-down", "unknown"),
      launched: fc.integer({ min: 0, max: 300 }).map(minutesAgo),
      said: fc.option(fc.constantFrom(...machineStates), { nil: undefined }),
      since: time,
      github: fc.constantFrom("online", "offline", "none"),
      listing: fc.constantFrom<Listing>("service", "candidate", "none", "unknown"),
    });
    fc.assert(
      fc.property(machines, ({ instanceState, launched, said, since, github, listing }) => {
        const judgeWith = (busy: boolean) =>
          judge(
            {
              instanceState: instanceState,
              launchedAt: launched,
              ...(said && { report: { state: said, ...(since !== undefined && { since }) } }),
              ...(github !== "none" && { entry: { ...entry, busy, online: github === "online" } }),
            },
            { listing },
          );
        const judged = judgeWith(false);
        expect(judgeWith(true)).to.deep.equal(judged);
        expect(conditions).to.include(judged.condition);
        if (github === "online") expect(judged.condition).to.not.equal("silent");
        if (Date.parse(launched) > now - silentAfterMs) expect(judged.condition).to.not.equal("silent");
      }),
    );
  });
});
