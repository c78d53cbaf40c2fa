import { expect } from "chai";
import { usedToken } from "../../../contract/parameters.ts";
import { projectTag, tags } from "../../../contract/tags.ts";
import type { MachineState } from "../../../contract/tags.ts";
import type { Listing } from "../../../contract/desired.ts";
import type { InstanceState } from "../../../contract/instance-state.ts";
import type { ObservedMachine, RunnerEntry } from "../../../observe/machine.ts";
import { judgeEntry } from "../../../cli/entries/judge-entry.ts";
import type { EntryFate, JudgedEntry } from "../../../cli/entries/judge-entry.ts";
import { remember } from "../../../cli/entries/known-machines.ts";
import { tokenCare } from "../../../cli/fleet/remove-spent-tokens.ts";
import { lacksToken } from "../../../cli/settle/give-tokens.ts";
import { judgeMachine } from "../../../cli/settle/judge-machine.ts";
import type { SettleVerdict } from "../../../cli/settle/judge-machine.ts";
import { fleetsOf } from "../../../cli/settle/inventory.ts";
import { explainUnreadable } from "../../../cli/settle/tell-unreadable.ts";
import { instanceWith } from "../observe/instance.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.parse("2026-03-01T10:00:00Z");
const instanceId = "i-0123456789abcdef0";
const name = `dev-cloud-1-${instanceId}`;

const entryThat = (online: boolean): RunnerEntry => ({
  id: 1,
  name,
  online,
  busy: false,
  systemLabels: [],
  customLabels: [],
});

describe("a machine's entry at GitHub", () => {
  const ours = { [tags.project]: projectTag, [tags.environment]: "dev", [tags.fleet]: "cloud" };
  const foreign = { ...ours, [tags.environment]: "dev-eu" };
  type Row = [
    fate: EntryFate,
    why: string,
    online: boolean,
    instance: { state: InstanceState; tags?: Record<string, string> } | undefined,
    /** Milliseconds since the machine was last seen; undefined: never. */
    age?: number,
  ];
  const table: Row[] = [
    ["gone", "its machine is terminated", false, { state: "terminated" }, 0],
    ["gone", "its machine is terminated, and its tags are gone", false, { state: "terminated", tags: {} }],
    ["gone", "its machine was last seen an hour ago", false, undefined, hour],
    ["lingering", "its machine is terminated, and GitHub shows it online", true, { state: "terminated" }, 0],
    ["missing", "its machine was last seen less than an hour ago", false, undefined, hour - 1],
    ["missing", "its machine was last seen in the future, by this clock", false, undefined, -hour],
    ["missing", "EC2 does not describe its machine, and GitHub shows it online", true, undefined, 30 * day],
    ["unknown", "its machine was never seen", false, undefined],
    ["unknown", "its machine was never seen, and GitHub shows it online", true, undefined],
    ["living", "its machine sleeps", false, { state: "stopped" }, 30 * day],
    ["living", "its machine is shutting down", false, { state: "shutting-down" }, 30 * day],
    ["living", "its machine runs and GitHub shows it offline", false, { state: "running" }, 0],
    ["untagged", "its machine has lost its tags", false, { state: "running", tags: {} }, 30 * day],
    ["foreign", "its machine is another environment's", false, { state: "running", tags: foreign }],
    [
      "foreign",
      "its machine was another environment's, and is terminated",
      false,
      { state: "terminated", tags: foreign },
    ],
  ];
  for (const [fate, why, online, instance, age] of table) {
    it(`is ${fate} if ${why}`, () => {
      const described = instance && instanceWith({ id: instanceId, tags: ours, ...instance });
      const judged = judgeEntry(entryThat(online), {
        environment: "dev",
        fleet: "cloud",
        instances: new Map(described && [[instanceId, described]]),
        knownMachines: new Map(age === undefined ? [] : [[instanceId, now - age]]),
        now,
      });
      expect(judged.fate).to.equal(fate);
    });
  }
});

describe("the known machines of a fleet", () => {
  const instance = (id: string, state: InstanceState) => instanceWith({ id, state });
  const named = [{ name: `dev-cloud-1-i-${"a".repeat(17)}` }, { name: `dev-cloud-2-i-${"b".repeat(17)}` }];
  const [a, b, c, d] = ["a", "b", "c", "d"].map((digit) => `i-${digit.repeat(17)}`) as [
    string,
    string,
    string,
    string,
  ];
  const before = new Map([
    [a, now - day],
    [b, now - day],
    [c, now - day],
  ]);

  it("are all that EC2 describes, and all earlier ones that still have an entry", () => {
    const look = { instances: [instance(b, "running"), instance(d, "stopped")], entries: named, now };
    expect(Object.fromEntries(remember(before, look))).to.deep.equal({ [a]: now - day, [b]: now, [d]: now });
  });

  it("include a terminated machine only while it has an entry", () => {
    const look = { instances: [instance(b, "terminated"), instance(c, "terminated")], entries: named, now };
    expect(Object.fromEntries(remember(before, look))).to.deep.equal({ [a]: now - day, [b]: now });
  });

  it("are all kept if GitHub was not asked", () => {
    const look = { instances: [], entries: undefined, now };
    expect(remember(before, look)).to.deep.equal(before);
  });
});

describe("a machine that asks for a token", () => {
  const table: [lacks: boolean, why: string, found: { value: string; writtenAt: number } | undefined][] = [
    [true, "there is no parameter", undefined],
    [true, "it has used the one it had a moment ago", { value: usedToken, writtenAt: now }],
    [true, "the one it has not used is an hour old", { value: "AABB", writtenAt: now - hour }],
    [false, "it has one that is younger", { value: "AABB", writtenAt: now - hour + 1 }],
  ];
  for (const [lacks, why, found] of table) {
    it(`${lacks ? "gets one" : "gets none"} if ${why}`, () => {
      expect(lacksToken(found, now)).to.equal(lacks);
    });
  }
});

describe("the token parameter of a machine", () => {
  const used = (version: number) => ({ value: usedToken, version });
  const fresh = (version: number) => ({ value: "AABB", version });
  type Row = [care: ReturnType<typeof tokenCare>, why: string, ...Parameters<typeof tokenCare>];
  const [online, offline] = [
    { isOnline: true, hasParameter: true },
    { isOnline: false, hasParameter: true },
  ];
  const table: Row[] = [
    ["renew", "a version before the last one held the token that was used", used(2), offline],
    ["renew", "several tokens were used, one after the other", used(4), online],
    ["renew", "it holds a token, and the machine is registered", fresh(1), online],
    ["leave", "it holds a token that the machine may be about to use", fresh(3), offline],
    ["leave", "it was renewed before", used(1), online],
    ["create", "a renewal ended halfway", undefined, offline],
    ["leave", "the stack may be about to make it", undefined, { isOnline: false, hasParameter: false }],
  ];
  for (const [care, why, found, holder] of table) {
    it(`is subject to "${care}" if ${why}`, () => {
      expect(tokenCare(found, holder)).to.equal(care);
    });
  }
});

describe("a machine of a fleet", () => {
  interface Case {
    state: InstanceState | "unknown";
    report?: MachineState;
    /** Milliseconds that it has reported it. */
    since?: number;
    entry?: "online" | "offline";
    /** Milliseconds since the lists were written. */
    listsAge?: number;
    noGithub?: true;
  }
  const on = (
    listing: Listing,
    { state, report, since, entry, listsAge = 0, noGithub }: Case,
  ): SettleVerdict => {
    const machine: ObservedMachine = {
      fleet: "cloud",
      runner: "dev-cloud-1",
      instanceId,
      name,
      instanceState: state,
      stateReason: "",
      ...(report && {
        report: { state: report, ...(since !== undefined && { since: new Date(now - since).toISOString() }) },
      }),
      ...(entry && { entry: entryThat(entry === "online") }),
    };
    return judgeMachine(machine, { listing, githubAsked: !noGithub, listsWrittenAt: now - listsAge, now });
  };
  const table: [Listing, SettleVerdict, Case][] = [
    ["service", "in-service", { state: "running", report: "idle", entry: "online" }],
    ["service", "in-service", { state: "running", report: "busy", entry: "offline" }],
    ["service", "in-service", { state: "stopped", report: "asleep", entry: "offline" }],
    ["service", "in-service", { state: "running", report: "idle", noGithub: true }],
    ["service", "unregistered", { state: "running", report: "idle" }],
    ["service", "unregistered", { state: "stopped", report: "needs-token" }],
    ["service", "needs-token", { state: "running", report: "needs-token" }],
    ["service", "needs-token", { state: "running", report: "needs-token", entry: "offline" }],
    ["service", "needs-token", { state: "running", report: "needs-token", noGithub: true }],
    ["service", "in-service", { state: "running", report: "needs-token", entry: "online" }],
    ["service", "gone", { state: "terminated", entry: "offline" }],
    ["service", "gone", { state: "shutting-down", entry: "online" }],
    ["service", "undescribed", { state: "unknown", entry: "online" }],
    ["candidate", "candidate", { state: "running", report: "booting" }],
    ["candidate", "candidate", { state: "running", report: "idle", entry: "online" }],
    ["candidate", "needs-token", { state: "running", report: "needs-token" }],
    ["candidate", "gone", { state: "terminated" }],
    ["candidate", "undescribed", { state: "unknown" }],
    ["none", "asleep", { state: "stopped", report: "asleep", entry: "offline" }],
    ["none", "asleep", { state: "stopped" }],
    ["none", "ended", { state: "terminated" }],
    ["none", "leaving", { state: "stopping", report: "leaving" }],
    ["none", "leaving", { state: "shutting-down", report: "retired" }],
    ["none", "leaving", { state: "pending" }],
    ["none", "silent", { state: "running" }],
    ["none", "silent", { state: "running", entry: "online", listsAge: day }],
    ["none", "working", { state: "running", report: "busy", since: 5 * day, listsAge: 5 * day }],
    ["none", "overdue", { state: "running", report: "busy", since: 5 * day + 1 }],
    ["none", "leaving", { state: "running", report: "idle", since: day, listsAge: hour }],
    ["none", "leaving", { state: "running", report: "idle", since: minute, listsAge: day }],
    ["none", "overdue", { state: "running", report: "idle", since: day, listsAge: hour + 1 }],
    ["none", "overdue", { state: "running", report: "leaving", since: hour + 1, listsAge: day }],
    ["none", "overdue", { state: "running", report: "waiting", listsAge: day }],
    ["none", "leaving", { state: "running", report: "needs-token", since: minute, listsAge: minute }],
    ["unknown", "undecided", { state: "stopped", report: "asleep", entry: "offline" }],
    ["unknown", "undecided", { state: "running", report: "needs-token" }],
    ["unknown", "ended", { state: "terminated" }],
  ];
  for (const [listing, verdict, one] of table) {
    it(`that is on the list "${listing}" is ${verdict}: ${JSON.stringify(one)}`, () => {
      expect(on(listing, one)).to.equal(verdict);
    });
  }
});

describe("the fleets of an environment", () => {
  it("are the configured ones, then those in machines' tags and entries' names", () => {
    const tagged = (fleet: string) => instanceWith({ id: instanceId, tags: { [tags.fleet]: fleet } });
    const named = (runner: string) => ({ ...entryThat(false), name: `${runner}-${instanceId}` });
    const inventory = {
      instances: [tagged("gpu"), tagged("cloud"), tagged("")],
      entries: [named("dev-old-3"), named("prod-cloud-1"), { ...entryThat(false), name: "build-box-7" }],
    };
    expect(fleetsOf("dev", ["cloud", "arm"], inventory)).to.deep.equal(["cloud", "arm", "gpu", "old"]);
  });
});

describe("a fleet with unreadable lists", () => {
  const machine: ObservedMachine = {
    fleet: "old",
    runner: "dev-old-1",
    instanceId,
    name,
    instanceState: "stopped",
    stateReason: "",
  };
  const ghost: JudgedEntry = { entry: entryThat(false), instanceId, fate: "unknown" };
  const kindOf = (fleet: string, configured: boolean, machines: ObservedMachine[], entries: JudgedEntry[]) =>
    explainUnreadable({ environment: "dev", fleet }, configured, machines, entries)?.kind;

  it("needs action if it is configured, or has a machine or an entry", () => {
    expect(kindOf("cloud", true, [], [])).to.equal("unsettled");
    expect(kindOf("old", false, [machine], [])).to.equal("unsettled");
    expect(kindOf("old", false, [], [ghost])).to.equal("unsettled");
    expect(kindOf("old", false, [], [])).to.equal(undefined);
  });

  it("is only a note if nothing shows it but an entry's name, which may be another environment's", () => {
    expect(kindOf("eu-cloud", false, [], [ghost])).to.equal("note");
    expect(kindOf("eu-cloud", false, [], [{ ...ghost, fate: "gone" }])).to.equal("unsettled");
    expect(kindOf("eu-cloud", false, [machine], [ghost])).to.equal("unsettled");
  });
});
