import { expect } from "chai";
import fc from "fast-check";
import type { UpOutcome } from "../../../cli/engine/engine.ts";
import { abandon, carryOut } from "../../../cli/rotate/carry-out.ts";
import type { Progress } from "../../../cli/rotate/carry-out.ts";
import { generationIn } from "../../../cli/rotate/generations.ts";
import { newJournal } from "../../../cli/rotate/journal.ts";
import type { Journal } from "../../../cli/rotate/journal.ts";
import { planRotation } from "../../../cli/rotate/plan-rotation.ts";
import { Crash, createRotationWorld } from "./rotation-world.ts";

/** Five runners, one of which was rotated before. */
const stackFile = `config:
  # the long ones
  longhaul:fleets:
    cloud: { runners: 4 }
    gpu:
      runners: 1
      generations: { "1": 7 } # by hand
`;

const runners = [
  ...[1, 2, 3, 4].map((number) => ({ fleet: "cloud", number, runner: `dev-cloud-${number}`, generation: 1 })),
  { fleet: "gpu", number: 1, runner: "dev-gpu-1", generation: 7 },
];

function rotation(chosen: readonly number[], atOnce: number, commit = false): Journal {
  return newJournal(
    { environment: "dev", startedAt: "2026-03-01T03:00:00.000Z", selection: { all: true }, atOnce, commit },
    planRotation(
      chosen.map((index) => runners[index]!),
      new Map(),
      atOnce,
    ),
  );
}

const generations = (text: string) => runners.map((runner) => generationIn(text, runner));
const failed = (words: string): UpOutcome => ({ kind: "failed", words });

describe("a rotation", () => {
  it("brings each batch about before it raises the next", async () => {
    const { world, stored, happened, isBroughtAbout } = createRotationWorld(stackFile);
    const { stop } = await carryOut(rotation([0, 1, 4], 2), world);
    expect(stop).to.equal(undefined);
    expect(happened.filter((what) => what !== "save")).to.deep.equal(["write", "up", "write", "up"]);
    expect(generations(stored.text)).to.deep.equal([2, 2, 1, 1, 8]);
    expect(stored.text).to.include("# the long ones").and.include("# by hand");
    expect(isBroughtAbout()).to.equal(true);
  });

  it("commits after each batch, where that was asked", async () => {
    const { world, stored, happened } = createRotationWorld(stackFile);
    await carryOut(rotation([0, 4], 1, true), world);
    expect(happened.filter((what) => what !== "save")).to.deep.equal(
      ["write", "up", "commit", "write", "up", "commit"], // prettier-ignore
    );
    expect(stored.commits).to.deep.equal([
      "Rotate dev-cloud-1 of dev\n\ndev-cloud-1: generation 1 -> 2",
      "Rotate dev-gpu-1 of dev\n\ndev-gpu-1: generation 7 -> 8",
    ]);
    expect(stored.committed).to.equal(stored.text);
  });

  it("takes back the batch whose machine does not prove itself, byte for byte, and keeps those before", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill({ kind: "done" }, failed("boot-failed"));
    const { stop, journal } = await carryOut(rotation([0, 1, 2], 1), clouds.world);
    expect(stop).to.deep.equal({ kind: "taken-back", words: "boot-failed" });
    expect(journal.batches.map(({ phase }) => phase)).to.deep.equal(["done", "taken-back", "planned"]);
    expect(clouds.stored.text).to.equal(
      stackFile.replace("{ runners: 4 }", '{ runners: 4, generations: { "1": 2 } }'),
    );
    expect(clouds.isBroughtAbout()).to.equal(true);
  });

  it("tries a batch that was taken back again, from the file as it is then", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill(failed("no capacity"));
    await carryOut(rotation([0], 1), clouds.world);
    clouds.edit((text) => text.replace("runners: 4", "runners: 4, instanceType: m5.large"));
    expect((await carryOut(clouds.journal()!, clouds.world)).stop).to.equal(undefined);
    expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
    expect(clouds.stored.text).to.include("m5.large");
  });

  it("goes on with taking back where that failed, and not with the batch", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill(failed("boot-failed"), failed("expired credentials"));
    const { stop } = await carryOut(rotation([0], 1), clouds.world);
    expect(stop).to.deep.equal({
      kind: "not-taken-back",
      words: "expired credentials",
      failure: "boot-failed",
    });
    expect(clouds.stored.text, "the file").to.equal(stackFile);

    expect((await carryOut(clouds.journal()!, clouds.world)).stop?.kind).to.equal("taken-back");
    expect(clouds.isBroughtAbout()).to.equal(true);
    expect((await carryOut(clouds.journal()!, clouds.world)).stop).to.equal(undefined);
    expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
  });

  for (const outcome of [{ kind: "locked", words: "locked by ada" }, { kind: "interrupted" }] as const) {
    it(`goes on where it was when up was ${outcome.kind}, and takes nothing back`, async () => {
      const clouds = createRotationWorld(stackFile);
      clouds.upWill(outcome);
      const { stop } = await carryOut(rotation([0], 1), clouds.world);
      expect(stop).to.deep.equal(outcome);
      expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
      expect((await carryOut(clouds.journal()!, clouds.world)).stop).to.equal(undefined);
      expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
    });
  }

  it("begins nothing more once somebody has asked to end", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.interrupt();
    expect((await carryOut(rotation([0], 1), clouds.world)).stop).to.deep.equal({ kind: "interrupted" });
    expect(clouds.happened).to.deep.equal([]);
  });

  describe("whose stack file somebody has changed", () => {
    const edit = (text: string) => text.replace("runners: 1", "runners: 2");

    it("does not begin where a generation is another than planned", async () => {
      const clouds = createRotationWorld(stackFile.replace('"1": 7', '"1": 8'));
      expect((await carryOut(rotation([4], 1), clouds.world)).stop).to.deep.equal({ kind: "edited" });
      expect(clouds.happened).to.deep.equal([]);
    });

    it("does not begin where the change would get into its commit", async () => {
      const clouds = createRotationWorld(stackFile);
      clouds.edit(edit);
      expect((await carryOut(rotation([4], 1, true), clouds.world)).stop).to.deep.equal({ kind: "edited" });
      expect(clouds.happened).to.deep.equal([]);
    });

    for (const outcome of [{ kind: "interrupted" }, failed("boot-failed")] as const) {
      it(`leaves the file as it is after up has ${outcome.kind}`, async () => {
        const clouds = createRotationWorld(stackFile);
        clouds.upWill(outcome, { kind: "interrupted" });
        await carryOut(rotation([0], 1), clouds.world);
        clouds.edit(edit);
        const edited = clouds.stored.text;
        expect((await carryOut(clouds.journal()!, clouds.world)).stop).to.deep.equal({ kind: "edited" });
        expect(clouds.stored.text).to.equal(edited);

        const given = await abandon(clouds.journal()!, clouds.world);
        expect(given.stop).to.deep.equal({ kind: "edited" });
        expect(given.journal.ended?.how).to.equal("abandoned");
        expect(clouds.stored.text).to.equal(edited);
      });
    }
  });
});

describe("a rotation that is given up", () => {
  it("is taken back where it was half way", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill({ kind: "interrupted" });
    await carryOut(rotation([0, 1], 1), clouds.world);
    const { stop, journal } = await abandon(clouds.journal()!, clouds.world);
    expect(stop).to.equal(undefined);
    expect(journal.ended?.how).to.equal("abandoned");
    expect(clouds.stored.text).to.equal(stackFile);
    expect(clouds.isBroughtAbout()).to.equal(true);
  });

  it("is not ended while it could not be taken back", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill({ kind: "interrupted" }, failed("no credentials"));
    await carryOut(rotation([0], 1), clouds.world);
    const { stop } = await abandon(clouds.journal()!, clouds.world);
    expect(stop).to.include({ kind: "not-taken-back", words: "no credentials" });
    expect(clouds.journal()!.ended).to.equal(undefined);
    expect((await abandon(clouds.journal()!, clouds.world)).stop).to.equal(undefined);
    expect(clouds.isBroughtAbout()).to.equal(true);
  });
});

describe("whatever step a rotation dies at", () => {
  const rotations = fc.record({
    chosen: fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }),
    atOnce: fc.integer({ min: 1, max: 3 }),
    commit: fc.boolean(),
  });
  const deaths = fc.array(
    fc.record({
      at: fc.integer({ min: 1, max: 12 }),
      when: fc.constantFrom("before" as const, "after" as const),
    }),
    { maxLength: 4 },
  );
  /** The engine fails, is locked or is ended at times. */
  const ups = fc.array(
    fc.constantFrom<UpOutcome>(
      { kind: "done" },
      failed("x"),
      { kind: "locked", words: "x" },
      { kind: "interrupted" },
    ),
    { maxLength: 6 },
  );

  /** The same command again and again, until it is finished. */
  async function persist(
    clouds: ReturnType<typeof createRotationWorld>,
    first: Journal,
    dying: readonly { at: number; when: "before" | "after" }[],
    eachTime: (progress: Progress) => void = () => undefined,
  ): Promise<number> {
    for (let tries = 0; tries < 30; tries++) {
      const death = dying[tries];
      if (death) clouds.dieAt(death.at, death.when);
      else clouds.live();
      const journal = clouds.journal() ?? first;
      if (journal.ended) return tries;
      try {
        eachTime(await carryOut(journal, clouds.world));
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
    throw new Error("it does not come to its end");
  }

  it("running it again raises each runner exactly once, and leaves the others alone", async () => {
    await fc.assert(
      fc.asyncProperty(rotations, deaths, ups, async ({ chosen, atOnce, commit }, dying, outcomes) => {
        const clouds = createRotationWorld(stackFile);
        clouds.upWill(...outcomes);
        await persist(clouds, rotation(chosen, atOnce, commit), dying);
        expect(generations(clouds.stored.text)).to.deep.equal(
          runners.map(({ generation }, index) => generation + (chosen.includes(index) ? 1 : 0)),
        );
        expect(clouds.isBroughtAbout(), "machines as the file says").to.equal(true);
        if (commit) {
          expect(clouds.stored.committed).to.equal(clouds.stored.text);
          expect(new Set(clouds.stored.commits).size, "each batch once").to.equal(
            clouds.stored.commits.length,
          );
          expect(clouds.stored.commits).to.have.length(Math.ceil(chosen.length / atOnce));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("it is never said to be taken back with anything of the batch left", async () => {
    await fc.assert(
      fc.asyncProperty(rotations, deaths, ups, async ({ chosen, atOnce }, dying, outcomes) => {
        const clouds = createRotationWorld(stackFile);
        clouds.upWill(...outcomes);
        await persist(clouds, rotation(chosen, atOnce), dying, ({ journal, stop }) => {
          if (stop?.kind !== "taken-back") return;
          const isDone = (index: number) =>
            journal.batches.some(
              ({ phase, steps }) =>
                phase === "done" && steps.some(({ runner }) => runner === runners[index]!.runner),
            );
          expect(generations(clouds.stored.text)).to.deep.equal(
            runners.map(({ generation }, index) => generation + (isDone(index) ? 1 : 0)),
          );
          expect(clouds.isBroughtAbout()).to.equal(true);
        });
      }),
      { numRuns: 40 },
    );
  });
});
