import { expect } from "chai";
import fc from "fast-check";
import { parseLimits } from "../../../contract/parameters.ts";
import { formatOverrideSetting } from "../../../contract/override.ts";
import type { OverrideSetting } from "../../../contract/override.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";
import { parseFleetSettings, desiredFor } from "../../../contract/desired.ts";
import type { FleetSettings, Listing } from "../../../contract/desired.ts";

const machine = { runner: "dev-cloud-1", instanceId: "i-0a" };
const now = Date.parse("2026-11-01T12:00:00Z");
const on: PowerSetting = { power: "on", by: "stack", reason: "the fleet was created" };
const open: OverrideSetting = { closing: false, runners: {} };
const settings = (changes: Partial<FleetSettings>): FleetSettings => ({
  candidates: ["i-0a"],
  roster: ["i-0a"],
  power: on,
  override: open,
  limits: undefined,
  ...changes,
});

describe("a machine's place on the lists", () => {
  const rows: [rule: string, changes: Partial<FleetSettings>, listing: Listing][] = [
    ["a machine on the roster is in service", {}, "service"],
    ["a machine that is declared and not yet proven is a candidate", { roster: ["i-0b"] }, "candidate"],
    ["candidates are candidates before the fleet has a roster", { roster: undefined }, "candidate"],
    ["the roster suffices if the candidates cannot be read", { candidates: undefined }, "service"],
    ["a machine on neither list is no longer wanted", { candidates: ["i-0b"], roster: ["i-0b"] }, "none"],
    [
      "a machine does not leave because a list cannot be read",
      { candidates: ["i-0b"], roster: undefined },
      "unknown",
    ],
    [
      "a machine's place is unknown if neither list can be read",
      { candidates: undefined, roster: undefined },
      "unknown",
    ],
    ["two empty lists retire no machine", { candidates: [], roster: [] }, "unknown"],
    ["a fleet that closes wants none of its machines", { override: { ...open, closing: true } }, "none"],
    [
      "a fleet that closes wants none of its machines, even if its lists cannot be read",
      { candidates: undefined, roster: undefined, override: { ...open, closing: true } },
      "none",
    ],
  ];
  for (const [rule, changes, listing] of rows) {
    it(rule, () => {
      expect(desiredFor(machine, settings(changes), now).listing).to.equal(listing);
    });
  }

  it("is never `none` while a list names the machine and the fleet is not closing", () => {
    const ids = fc.option(fc.uniqueArray(fc.constantFrom("i-0a", "i-0b", "i-0c")), { nil: undefined });
    fc.assert(
      fc.property(ids, ids, (candidates, roster) => {
        const { listing } = desiredFor(machine, settings({ candidates, roster }), now);
        const named = candidates?.includes("i-0a") === true || roster?.includes("i-0a") === true;
        expect(listing === "none").to.equal(
          !named && candidates !== undefined && roster !== undefined && candidates.length + roster.length > 0,
        );
      }),
    );
  });
});

describe("the decision on a runner's power", () => {
  const budget: PowerSetting = { power: "off", by: "budget", reason: "100 % of 500 USD" };
  const hours: PowerSetting = { power: "off", by: "working-hours", reason: "after 19:00" };
  const wake = { power: "on", by: "ada", reason: "release night" } as const;
  const sleep = { power: "off", by: "bob", reason: "maintenance" } as const;
  const rows: [rule: string, changes: Partial<FleetSettings>, power: string, by: string][] = [
    [
      "working hours decide if there is no override and no budget breach",
      { power: hours },
      "off",
      "working-hours",
    ],
    [
      "an operator's override beats working hours",
      { power: hours, override: { ...open, fleet: wake } },
      "on",
      "ada",
    ],
    [
      "an override for the runner beats one for its fleet",
      { override: { ...open, fleet: sleep, runners: { "dev-cloud-1": wake } } },
      "on",
      "ada",
    ],
    [
      "an override for another runner does not apply to this one",
      { override: { ...open, runners: { "dev-cloud-2": sleep } } },
      "on",
      "stack",
    ],
    ["the budget beats an override", { power: budget, override: { ...open, fleet: wake } }, "off", "budget"],
    [
      "an override that explicitly ignores the budget beats it",
      { power: budget, override: { ...open, fleet: { ...wake, overBudget: true } } },
      "on",
      "ada",
    ],
    [
      "of two such overrides, too, the runner's own beats the one for its fleet",
      {
        power: budget,
        override: { ...open, fleet: { ...wake, overBudget: true }, runners: { "dev-cloud-1": wake } },
      },
      "off",
      "budget",
    ],
    [
      "the budget decides again once that override has expired",
      {
        power: budget,
        override: { ...open, fleet: { ...wake, overBudget: true, until: "2026-11-01T11:59:59Z" } },
      },
      "off",
      "budget",
    ],
    [
      "an override that has expired does not apply",
      { power: hours, override: { ...open, fleet: { ...wake, until: "2026-11-01T11:59:59Z" } } },
      "off",
      "working-hours",
    ],
    [
      "an override that has not expired applies",
      { power: hours, override: { ...open, fleet: { ...wake, until: "2026-11-01T12:00:01Z" } } },
      "on",
      "ada",
    ],
    ["nothing changes if no setting can be read", { power: undefined, override: undefined }, "on", "default"],
  ];
  for (const [rule, changes, power, by] of rows) {
    it(rule, () => {
      expect(desiredFor(machine, settings(changes), now)).to.include({ power, by });
    });
  }
});

describe("a machine's idle timeout", () => {
  const oneAwake = { idleMinutes: 30, minimumAwake: 1 };
  const rows: [rule: string, changes: Partial<FleetSettings>, idleMinutes: number | undefined][] = [
    ["is its fleet's", { roster: ["i-0b", "i-0a"], limits: oneAwake }, 30],
    [
      "does not apply to the first machines of the roster, as many as `minimumAwake` says",
      { limits: oneAwake },
      undefined,
    ],
    ["is its fleet's for a candidate", { roster: [], limits: oneAwake }, 30],
    ["does not exist if the fleet sets none", { limits: { minimumAwake: 0 } }, undefined],
    ["does not exist if it could not be read", { limits: undefined }, undefined],
    [
      "does not apply to a machine that an operator has woken",
      {
        limits: { ...oneAwake, minimumAwake: 0 },
        override: { ...open, fleet: { power: "on", by: "ada", reason: "release night" } },
      },
      undefined,
    ],
  ];
  for (const [rule, changes, idleMinutes] of rows) {
    it(rule, () => {
      expect(desiredFor(machine, settings(changes), now).idleMinutes).to.equal(idleMinutes);
    });
  }
});

describe("a fleet's parameters", () => {
  const path = "/longhaul/dev/cloud";
  it("are read from their values", () => {
    const values = new Map([
      [`${path}/candidates`, '{"machines":["i-0a"]}'],
      [`${path}/roster`, '{"machines":[]}'],
      [`${path}/power`, JSON.stringify(on)],
      [`${path}/override`, formatOverrideSetting(open)],
      [`${path}/limits`, '{"idleMinutes":30,"minimumAwake":1}'],
    ]);
    expect(parseFleetSettings("dev", "cloud", values)).to.deep.equal(
      settings({ candidates: ["i-0a"], roster: [], limits: { idleMinutes: 30, minimumAwake: 1 } }),
    );
  });

  it("are undefined if they are missing or damaged, whatever they contain", () => {
    const unread = settings({
      candidates: undefined,
      roster: undefined,
      power: undefined,
      override: undefined,
    });
    expect(parseFleetSettings("dev", "cloud", new Map())).to.deep.equal(unread);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const values = new Map(
          ["candidates", "roster", "power", "override", "limits"].map((name) => [`${path}/${name}`, text]),
        );
        const parsed = parseFleetSettings("dev", "cloud", values); // It must not throw.
        expect(parsed.candidates?.every((id) => typeof id === "string") ?? true).to.equal(true);
      }),
    );
  });

  const limits: [what: string, written: Record<string, unknown>, limit: Record<string, unknown>][] = [
    ["as it is", { maxJobHours: 24, enforce: true }, { maxJobHours: 24, enforce: true }],
    ["in part of an hour", { maxJobHours: 0.5, enforce: false }, { maxJobHours: 0.5, enforce: false }],
    ["as a warning if `enforce` is missing", { maxJobHours: 8 }, { maxJobHours: 8, enforce: false }],
    [
      "as a warning if `enforce` is not a boolean",
      { maxJobHours: 8, enforce: "true" },
      { maxJobHours: 8, enforce: false },
    ],
    ["as no limit if there is nothing to enforce", { enforce: true }, {}],
    ["as no limit if it is text", { maxJobHours: "8", enforce: true }, {}],
    ["as no limit if it is zero", { maxJobHours: 0, enforce: true }, {}],
  ];
  for (const [what, written, limit] of limits) {
    it(`read how long a job may run ${what}`, () => {
      const oneAwake = { idleMinutes: 30, minimumAwake: 1 };
      expect(parseLimits(JSON.stringify({ ...oneAwake, ...written }))).to.deep.equal({
        ...oneAwake,
        ...limit,
      });
    });
  }

  it("accept no number that JSON can write and that parses as infinite", () => {
    expect(parseLimits('{"minimumAwake":0,"idleMinutes":1e999}')).to.equal(undefined);
    expect(parseLimits('{"minimumAwake":0,"maxJobHours":1e999}')).to.deep.equal({ minimumAwake: 0 });
  });
});
