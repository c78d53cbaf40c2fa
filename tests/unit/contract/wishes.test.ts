import { expect } from "chai";
import fc from "fast-check";
import { parseShutdown } from "../../../contract/parameters.ts";
import { formatOperator } from "../../../contract/operator.ts";
import type { OperatorSetting } from "../../../contract/operator.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";
import { parseFleetSettings, wishFor } from "../../../contract/wishes.ts";
import type { FleetSettings, Listing } from "../../../contract/wishes.ts";

const machine = { runner: "dev-cloud-1", instanceId: "i-0a" };
const now = Date.parse("2026-11-01T12:00:00Z");
const on: PowerSetting = { power: "on", by: "stack", reason: "the fleet was created" };
const open: OperatorSetting = { closing: false, runners: {} };
const settings = (changes: Partial<FleetSettings>): FleetSettings => ({
  candidates: ["i-0a"],
  roster: ["i-0a"],
  power: on,
  operator: open,
  shutdown: undefined,
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
    ["a fleet that closes wants none of its machines", { operator: { ...open, closing: true } }, "none"],
    [
      "a fleet that closes wants none, readable lists or not",
      { candidates: undefined, roster: undefined, operator: { ...open, closing: true } },
      "none",
    ],
  ];
  for (const [rule, changes, listing] of rows) {
    it(rule, () => {
      expect(wishFor(machine, settings(changes), now).listing).to.equal(listing);
    });
  }

  it("is never none while a list that could be read names the machine and nobody closes the fleet", () => {
    const ids = fc.option(fc.uniqueArray(fc.constantFrom("i-0a", "i-0b", "i-0c")), { nil: undefined });
    fc.assert(
      fc.property(ids, ids, (candidates, roster) => {
        const { listing } = wishFor(machine, settings({ candidates, roster }), now);
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
  const hours: PowerSetting = { power: "off", by: "hours", reason: "after 19:00" };
  const wake = { power: "on", by: "ada", reason: "release night" } as const;
  const sleep = { power: "off", by: "bob", reason: "maintenance" } as const;
  const rows: [rule: string, changes: Partial<FleetSettings>, power: string, by: string][] = [
    ["working hours, where nobody else speaks", { power: hours }, "off", "hours"],
    ["an operator beats working hours", { power: hours, operator: { ...open, fleet: wake } }, "on", "ada"],
    [
      "a wish for the runner beats one for its fleet",
      { operator: { ...open, fleet: sleep, runners: { "dev-cloud-1": wake } } },
      "on",
      "ada",
    ],
    [
      "a wish for another runner is none for this one",
      { operator: { ...open, runners: { "dev-cloud-2": sleep } } },
      "on",
      "stack",
    ],
    ["the budget beats an operator", { power: budget, operator: { ...open, fleet: wake } }, "off", "budget"],
    [
      "an operator who said so beats the budget",
      { power: budget, operator: { ...open, fleet: { ...wake, overBudget: true } } },
      "on",
      "ada",
    ],
    [
      "that wish is the runner's own before its fleet's, as any other",
      {
        power: budget,
        operator: { ...open, fleet: { ...wake, overBudget: true }, runners: { "dev-cloud-1": wake } },
      },
      "off",
      "budget",
    ],
    [
      "the budget is back when that wish has expired",
      {
        power: budget,
        operator: { ...open, fleet: { ...wake, overBudget: true, until: "2026-11-01T11:59:59Z" } },
      },
      "off",
      "budget",
    ],
    [
      "a wish that has expired is none",
      { power: hours, operator: { ...open, fleet: { ...wake, until: "2026-11-01T11:59:59Z" } } },
      "off",
      "hours",
    ],
    [
      "a wish that has not expired holds",
      { power: hours, operator: { ...open, fleet: { ...wake, until: "2026-11-01T12:00:01Z" } } },
      "on",
      "ada",
    ],
    [
      "nothing that could be read changes nothing",
      { power: undefined, operator: undefined },
      "on",
      "default",
    ],
  ];
  for (const [rule, changes, power, by] of rows) {
    it(rule, () => {
      expect(wishFor(machine, settings(changes), now)).to.include({ power, by });
    });
  }
});

describe("how long a machine may be without a job", () => {
  const shutdown = { idleMinutes: 30, minimumAwake: 1 };
  const rows: [rule: string, changes: Partial<FleetSettings>, idleMinutes: number | undefined][] = [
    ["is what its fleet allows", { roster: ["i-0b", "i-0a"], shutdown }, 30],
    ["is any time for the first of the roster, as many as are to stay awake", { shutdown }, undefined],
    ["is what its fleet allows for a candidate", { roster: [], shutdown }, 30],
    ["is any time where the fleet sets no limit", { shutdown: { minimumAwake: 0 } }, undefined],
    ["is any time where that could not be read", { shutdown: undefined }, undefined],
    [
      "is any time for whom an operator has woken",
      {
        shutdown: { ...shutdown, minimumAwake: 0 },
        operator: { ...open, fleet: { power: "on", by: "ada", reason: "release night" } },
      },
      undefined,
    ],
  ];
  for (const [rule, changes, idleMinutes] of rows) {
    it(rule, () => {
      expect(wishFor(machine, settings(changes), now).idleMinutes).to.equal(idleMinutes);
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
      [`${path}/operator`, formatOperator(open)],
      [`${path}/shutdown`, '{"idleMinutes":30,"minimumAwake":1}'],
    ]);
    expect(parseFleetSettings("dev", "cloud", values)).to.deep.equal(
      settings({ candidates: ["i-0a"], roster: [], shutdown: { idleMinutes: 30, minimumAwake: 1 } }),
    );
  });

  it("are undefined where they are missing or damaged, whatever stands in them", () => {
    const unread = settings({
      candidates: undefined,
      roster: undefined,
      power: undefined,
      operator: undefined,
    });
    expect(parseFleetSettings("dev", "cloud", new Map())).to.deep.equal(unread);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const values = new Map(
          ["candidates", "roster", "power", "operator", "shutdown"].map((name) => [`${path}/${name}`, text]),
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
      expect(parseShutdown(JSON.stringify({ ...shutdown, ...written }))).to.deep.equal({
        ...shutdown,
        ...limit,
      });
    });
  }

  it("read no number that is beyond all, which JSON can write", () => {
    expect(parseShutdown('{"minimumAwake":0,"idleMinutes":1e999}')).to.equal(undefined);
    expect(parseShutdown('{"minimumAwake":0,"maxJobHours":1e999}')).to.deep.equal({ minimumAwake: 0 });
  });
});
