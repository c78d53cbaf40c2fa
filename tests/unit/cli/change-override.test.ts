import { parameterLength } from "../../../contract/aws-limits.ts";
import { expect } from "chai";
import fc from "fast-check";
import { setImmediate } from "node:timers/promises";
import {
  formatOverrideSetting,
  initialOverrideSetting,
  parseOverrideSetting,
} from "../../../contract/override.ts";
import type { OverrideSetting, Override } from "../../../contract/override.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import { changeOverride } from "../../../cli/operator/change-override.ts";
import type { ChangeOutcome, OverrideEdit } from "../../../cli/operator/change-override.ts";
import { closing, reopening } from "../../../cli/operator/closing.ts";
import { writeOverrides } from "../../../cli/operator/write-overrides.ts";
import { randomFrom } from "../../model/random.ts";

const name = fleetParameters("dev", "cloud").override;

/** One parameter, operators with calls of random duration, and a clock that moves when all of them wait. */
function office(seed: number, begun = formatOverrideSetting(initialOverrideSetting)) {
  const random = randomFrom(seed);
  const waiting: { at: number; resolve: () => void }[] = [];
  let now = 0;
  const sleep = (milliseconds: number) =>
    new Promise<void>((resolve) => void waiting.push({ at: now + milliseconds, resolve }));
  let value = begun;
  /** The names of those who wrote, in order. */
  const writes: string[] = [];

  const parameters = (by: string) => ({
    read: async () => {
      await sleep(random.between(20, 400));
      return new Map([[name, value]]);
    },
    write: async (_: string, next: string) => {
      await sleep(random.between(20, 400));
      value = next;
      writes.push(by);
      await sleep(random.between(5, 100));
    },
    writtenAt: () => Promise.reject(new Error("changeOverride does not read this.")),
    secrets: undefined as never,
  });

  return {
    writes,
    value: () => value,
    setting: (): OverrideSetting => parseOverrideSetting(value)!,
    /** Lets somebody begin an edit at a moment. */
    edit: async (by: string, at: number, edit: OverrideEdit): Promise<ChangeOutcome> => {
      await sleep(at);
      const clock = { now: () => now, sleep };
      const collaborators = { parameters: parameters(by), clock, random: () => random.next() };
      return changeOverride(collaborators, "dev", "cloud", edit);
    },
    /** Lets an operator begin to write an override at a moment. */
    operator: async (by: string, at: number, power: "on" | "off" | undefined, runners: string[]) => {
      await sleep(at);
      const override: Override | undefined = power && { power, by, reason: "a test" };
      const [written] = await writeOverrides(
        {
          parameters: parameters(by),
          clock: { now: () => now, sleep },
          random: () => random.next(),
          output: { say: () => undefined, result: () => undefined, progress: () => undefined },
        },
        "dev",
        [{ fleet: "cloud", runners }],
        override,
      );
      return written!;
    },
    all: async (operators: Promise<ChangeOutcome>[]): Promise<ChangeOutcome[]> => {
      const outcome = Promise.all(operators);
      outcome.catch(() => undefined); // It is awaited below.
      for (;;) {
        await setImmediate();
        waiting.sort((one, other) => one.at - other.at);
        const next = waiting.shift();
        if (!next) return outcome;
        now = next.at;
        next.resolve();
      }
    },
  };
}

describe("operators who change a fleet's overrides at the same time", () => {
  const moments = fc.array(fc.nat(2000), { minLength: 2, maxLength: 8 });

  it("all get their overrides if these are for different runners", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), moments, async (seed, begin) => {
        const { operator, all, setting } = office(seed);
        const outcomes = await all(
          begin.map((at, index) => operator(`op-${index}`, at, "off", [`dev-cloud-${index}`])),
        );
        expect(outcomes.map(({ outcome, overtaken }) => ({ outcome, overtaken }))).to.deep.equal(
          begin.map(() => ({ outcome: "written", overtaken: undefined })),
        );
        expect(Object.keys(setting().runners)).to.have.length(begin.length);
      }),
      { numRuns: 50 },
    );
  });

  const word = fc.tuple(fc.nat(2000), fc.constantFrom("on" as const, "off" as const, undefined));
  const about = ["dev-cloud-1"];

  it("write once each if two contradict one another, and the later override holds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), word, word, async (seed, ...words) => {
        const { operator, all, setting, writes } = office(seed);
        await all(words.map(([at, power], index) => operator(`${index}`, at, power, about)));
        expect(new Set(writes)).to.have.length(writes.length);
        const last = writes.at(-1);
        expect(setting().runners["dev-cloud-1"]?.power).to.equal(last && words[Number(last)]![1]);
      }),
      { numRuns: 100 },
    );
  });

  it("all finish if many contradict one another, and one of their overrides holds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(word, { minLength: 3, maxLength: 6 }), async (seed, words) => {
        const { operator, all, setting } = office(seed);
        await all(words.map(([at, power], index) => operator(`${index}`, at, power, about)));
        expect(words.map(([, power]) => power)).to.include(setting().runners["dev-cloud-1"]?.power);
      }),
      { numRuns: 100 },
    );
  });

  it("reports the runners for which another operator was later, and keeps the rest of the override", async () => {
    const { operator, all, setting } = office(4);
    const both = ["dev-cloud-1", "dev-cloud-2"];
    // Both have read before either writes.
    const outcomes = await all([operator("ada", 0, "off", both), operator("bob", 0, "on", ["dev-cloud-2"])]);
    expect(outcomes.map(({ overtaken }) => overtaken)).to.deep.equal([["dev-cloud-2"], undefined]);
    expect(Object.entries(setting().runners).map(([runner, { by }]) => [runner, by])).to.deep.equal([
      ["dev-cloud-2", "bob"],
      ["dev-cloud-1", "ada"],
    ]);
  });
});

describe("a fleet that is closed and reopened", () => {
  const moment = fc.nat(2000);

  it("closes and keeps the override of an operator who writes at the same time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), moment, moment, async (seed, drains, writes) => {
        const { edit, operator, all, setting } = office(seed);
        await all([edit("drain", drains, closing), operator("ada", writes, "off", ["dev-cloud-1"])]);
        expect(setting().closing).to.equal(true);
        expect(setting().runners["dev-cloud-1"]?.by).to.equal("ada");
      }),
      { numRuns: 100 },
    );
  });

  it("is closed by the first destroy alone", async () => {
    const { edit, all, writes } = office(1);
    const outcomes = await all([edit("drain", 0, closing), edit("drain", 10_000, closing)]);
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["written", "already"]);
    expect(writes).to.have.length(1);
  });

  it("opens again", async () => {
    const { edit, all, setting } = office(1);
    await all([edit("drain", 0, closing), edit("ada", 10_000, reopening)]);
    expect(setting().closing).to.equal(false);
  });

  it("closes even if its parameter is full", async () => {
    const override = fc.record({
      power: fc.constant("off"),
      by: fc.string(),
      reason: fc.string({ minLength: 20 }),
    });
    const full = fc.record({
      closing: fc.constant(false),
      overrides: fc.array(override, { minLength: 30, maxLength: 80 }),
      later: fc.string({ maxLength: parameterLength }),
    });
    await fc.assert(
      fc.asyncProperty(full, async (begun) => {
        const { edit, all, value, setting } = office(1, JSON.stringify(begun));
        await all([edit("drain", 0, closing)]);
        expect(setting().closing).to.equal(true);
        expect(value()).to.have.length.at.most(parameterLength);
      }),
    );
  });
});
