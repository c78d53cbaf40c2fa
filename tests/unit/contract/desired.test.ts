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
    ["on the roster it is in service", {}, "service"],
    ["declared and not yet proven it is a candidate", { roster: ["i-0b"] }, "candidate"],
    ["before a fleet has a roster its candidates are candidates", { roster: undefined }, "candidate"],
    ["the roster is enough where the candidates cannot be read", { candidates: undefined }, "service"],
    ["on neither list it is not wanted any more", { candidates: ["i-0b"], roster: ["i-0b"] }, "none"],
    ["a list that cannot be read is no reason to go", { candidates: ["i-0b"], roster: undefined }, "unknown"],
    ["lists that cannot be read say nothing", { candidates: undefined, roster: undefined }, "unknown"],
    ["two empty lists retire nobody", { candidates: [], roster: [] }, "unknown"],
    ["a fleet that closes wants none of its machines", { override: { ...open, closing: true } }, "none"],
    [
      "a fleet that closes wants none, readable lists or not",
      { candidates: undefined, roster: undefined, override: { ...open, closing: true } },
      "none",
    ],
  ];
  for (const [rule, changes, listing] of rows) {
    it(rule, () => {
      expect(desiredFor(machine, settings(changes), now).listing).to.equal(listing);
    });
  }

  it("is never none while a list that could be read names the machine and nobody closes the fleet", () => {
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

describe("who decides on a runner's power", () => {
  const budget: PowerSetting = { power: "off", by: "budget", reason: "100 % of 500 USD" };
  const hours: PowerSetting = { power: "off", by: "working-hours", reason: "after 19:00" };
  const wake = { power: "on", by: "ada", reason: "release night" } as const;
  const sleep = { power: "off", by: "bob", reason: "maintenance" } as const;
  const rows: [rule: string, changes: Partial<FleetSettings>, power: string, by: string][] = [
    ["working hours, where nobody else speaks", { power: hours }, "off", "working-hours"],
    ["an operator beats working hours", { power: hours, override: { ...open, fleet: wake } }, "on", "ada"],
    [
      "a wish for the runner beats one for its fleet",
      { override: { ...open, fleet: sleep, runners: { "dev-cloud-1": wake } } },
      "on",
      "ada",
    ],
    [
      "a wish for another runner is none for this one",
      { override: { ...open, runners: { "dev-cloud-2": sleep } } },
      "on",
      "stack",
    ],
    ["the budget beats an operator", { power: budget, override: { ...open, fleet: wake } }, "off", "budget"],
    [
      "an operator who said so beats the budget",
      { power: budget, override: { ...open, fleet: { ...wake, overBudget: true } } },
      "on",
      "ada",
    ],
    [
      "that wish is the runner's own before its fleet's, as any other",
      {
        power: budget,
        override: { ...open, fleet: { ...wake, overBudget: true }, runners: { "dev-cloud-1": wake } },
      },
      "off",
      "budget",
    ],
    [
      "the budget is back when that wish has expired",
      {
        power: budget,
        override: { ...open, fleet: { ...wake, overBudget: true, until: "2026-11-01T11:59:59Z" } },
      },
      "off",
      "budget",
    ],
    [
      "a wish that has expired is none",
      { power: hours, override: { ...open, fleet: { ...wake, until: "2026-11-01T11:59:59Z" } } },
      "off",
      "working-hours",
    ],
    [
      "a wish that has not expired holds",
      { power: hours, override: { ...open, fleet: { ...wake, until: "2026-11-01T12:00:01Z" } } },
      "on",
      "ada",
    ],
    [
      "nothing that could be read changes nothing",
      { power: undefined, override: undefined },
      "on",
      "default",
    ],
  ];
  for (const [rule, changes, power, by] of rows) {
    it(rule, () => {
      expect(desiredFor(machine, settings(changes), now)).to.include({ power, by });
    });
  }
});

describe("how long a machine may be without a job", () => {
  const shutdown = { idleMinutes: 30, minimumAwake: 1 };
  const rows: [rule: string, changes: Partial<FleetSettings>, idleMinutes: number | undefined][] = [
    ["is what its fleet allows", { roster: ["i-0b", "i-0a"], limits: shutdown }, 30],
    [
      "is any time for the first of the roster, as many as are to stay awake",
      { limits: shutdown },
      undefined,
    ],
    ["is what its fleet allows for a candidate", { roster: [], limits: shutdown }, 30],
    ["is any time where the fleet sets no limit", { limits: { minimumAwake: 0 } }, undefined],
    ["is any time where that could not be read", { limits: undefined }, undefined],
    [
      "is any time for whom an operator has woken",
      {
        limits: { ...shutdown, minimumAwake: 0 },
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

  it("are undefined where they are missing or damaged, whatever stands in them", () => {
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
    [
      "as a warning where nothing is said of enforcing it",
      { maxJobHours: 8 },
      { maxJobHours: 8, enforce: false },
    ],
    [
      "as a warning where anything else is",
      { maxJobHours: 8, enforce: "true" },
      { maxJobHours: 8, enforce: false },
    ],
    ["as none where there is none to enforce", { enforce: true }, {}],
    ["as none where it is text", { maxJobHours: "8", enforce: true }, {}],
    ["as none where it would be over at once", { maxJobHours: 0, enforce: true }, {}],
  ];
  for (const [what, written, limit] of limits) {
    it(`read how long a job may run ${what}`, () => {
      const shutdown = { idleMinutes: 30, minimumAwake: 1 };
      expect(parseLimits(JSON.stringify({ ...shutdown, ...written }))).to.deep.equal({
        ...shutdown,
        ...limit,
      });
    });
  }

  it("read no number that is beyond all, which JSON can write", () => {
    expect(parseLimits('{"minimumAwake":0,"idleMinutes":1e999}')).to.equal(undefined);
    expect(parseLimits('{"minimumAwake":0,"maxJobHours":1e999}')).to.deep.equal({ minimumAwake: 0 });
  });
});
