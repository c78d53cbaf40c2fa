import { expect } from "chai";
import fc from "fast-check";
import { parseAgentConfiguration } from "../../../contract/agent.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { parseControllerConfiguration } from "../../../contract/controller.ts";
import { parseReceiverConfiguration } from "../../../contract/receiver.ts";
import { configuration as agent } from "../runtime/fixture.ts";
import { configuration as receiver } from "../runtime/functions/deliveries.ts";
import { configuration, fleet, workingHours } from "../runtime/functions/one-fleet.ts";

/** With all that it may hold. */
const controller: ControllerConfiguration = {
  ...configuration,
  fleets: [{ ...fleet, workingHours: { ...workingHours, holidays: ["2026-12-25"] } }],
  demand: {
    table: "jobs",
    fleets: [{ name: "cloud", labels: ["self-hosted"] }],
    sweep: {
      apiUrl: "https://api",
      app: { id: 1, installationId: 2 },
      keyParameter: "/key",
      owner: "acme",
      repositories: ["app"],
    },
  },
  budget: { monthlyUsd: 600, awsBudget: { account: "1", name: "dev" } },
};

/** What the stack tells each of its programs, and what may be left out of that. */
const wires: Record<
  string,
  { value: object; parse: (text: string) => object; mayLack: Record<string, unknown> }
> = {
  "an agent": {
    value: agent,
    parse: parseAgentConfiguration,
    mayLack: { "aws.kmsKeyArn": "x", "github.runnerGroup": "x" },
  },
  "the controller": {
    value: controller,
    parse: parseControllerConfiguration,
    mayLack: {
      "fleets.0.workingHours": controller.fleets[0]!.workingHours,
      demand: controller.demand,
      "demand.emptyLabels": "cloud",
      "demand.sweep": controller.demand!.sweep,
      budget: controller.budget,
      "budget.awsBudget": controller.budget!.awsBudget,
    },
  },
  "the receiver": {
    value: receiver,
    parse: parseReceiverConfiguration,
    mayLack: { repositories: ["app"], emptyLabels: "cloud" },
  },
};

/** Every place of a nested value that holds a plain one, as a path. */
function placesIn(value: object, above: readonly string[] = []): string[][] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...above, key];
    return typeof inner === "object" ? placesIn(inner as object, path) : [path];
  });
}

/** A configuration as JSON, with another value at a place. */
function withValue(configuration: object, path: readonly string[], value: unknown): string {
  const copy = structuredClone(configuration) as Record<string, unknown>;
  const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy);
  holder[path.at(-1)!] = value;
  return JSON.stringify(copy);
}

/** False for an item of a list or a table, which is never missing by name: without it, the list or table is only shorter. */
const isKnownByName = (path: readonly string[]) => !/\d$/.test(path.at(-1)!) && path.at(-2) !== "machines";

for (const [program, { value, parse, mayLack }] of Object.entries(wires)) {
  describe(`the configuration of ${program}`, () => {
    it("is read as the stack wrote it, with the additions of a later stack", () => {
      const more = { ...value, later: 1 };
      expect(parse(JSON.stringify(value))).to.deep.equal(value);
      expect(parse(JSON.stringify(more))).to.deep.equal(more);
    });

    for (const [name, given] of Object.entries(mayLack)) {
      it(`may lack ${name}, and is refused with something else in its place`, () => {
        const path = name.split(".");
        for (const fine of [undefined, given])
          expect(() => parse(withValue(value, path, fine))).not.to.throw();
        for (const wrong of [1, null, false]) {
          expect(() => parse(withValue(value, path, wrong))).to.throw(`${name} must be`);
        }
      });
    }

    for (const path of placesIn(value)) {
      const name = path.join(".");
      it(`is refused by name with something else in place of ${name}`, () => {
        for (const wrong of [null, [], {}, Number.NaN, Infinity, -1])
          expect(() => parse(withValue(value, path, wrong))).to.throw(`${name} must be`);
      });
      if (!isKnownByName(path) || name in mayLack) continue;
      it(`is refused by name without ${name}`, () => {
        expect(() => parse(withValue(value, path, undefined))).to.throw(`${name} is missing`);
      });
    }

    it("is refused if the text is damaged", () => {
      const whole = JSON.stringify(value);
      fc.assert(
        fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
          expect(() => parse(whole.slice(0, length))).to.throw("is not a JSON object");
        }),
      );
    });
  });
}

it("a disk has three prices, in a fixed order", () => {
  const prices = (disks: readonly number[]) => withValue(controller, ["priceList", "disks"], disks);
  expect(() => parseControllerConfiguration(prices([1, 2]))).to.throw(
    "priceList.disks must be a list of 3 and is one of 2",
  );
});
