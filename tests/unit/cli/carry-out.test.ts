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

/** Five runners. One of them was rotated before. */
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
  it("applies each batch before it raises the next", async () => {
    const { world, stored, happened, isBroughtAbout } = createRotationWorld(stackFile);
    const { stop } = await carryOut(rotation([0, 1, 4], 2), world);
    expect(stop).to.equal(undefined);
    expect(happened.filter((what) => what !== "save")).to.deep.equal(["write", "up", "write", "up"]);
    expect(generations(stored.text)).to.deep.equal([2, 2, 1, 1, 8]);
    expect(stored.text).to.include("# the long ones").and.include("# by hand");
    expect(isBroughtAbout()).to.equal(true);
  });

  it("commits after each batch if --commit is given", async () => {
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

  it("takes back, byte for byte, a batch with a machine that is not proven, and keeps earlier batches", async () => {
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

  it("tries a batch again after it was taken back, from the file as it is then", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill(failed("no capacity"));
    await carryOut(rotation([0], 1), clouds.world);
    clouds.edit((text) => text.replace("runners: 4", "runners: 4, instanceType: m5.large"));
    expect((await carryOut(clouds.journal()!, clouds.world)).stop).to.equal(undefined);
    expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
    expect(clouds.stored.text).to.include("m5.large");
  });

  it("continues to take a batch back after that has failed, before it tries the batch again", async () => {
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
    it(`continues from the same step after up was ${outcome.kind}, and takes nothing back`, async () => {
      const clouds = createRotationWorld(stackFile);
      clouds.upWill(outcome);
      const { stop } = await carryOut(rotation([0], 1), clouds.world);
      expect(stop).to.deep.equal(outcome);
      expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
      expect((await carryOut(clouds.journal()!, clouds.world)).stop).to.equal(undefined);
      expect(generations(clouds.stored.text)).to.deep.equal([2, 1, 1, 1, 7]);
    });
  }

  it("begins nothing more after an interruption", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.interrupt();
    expect((await carryOut(rotation([0], 1), clouds.world)).stop).to.deep.equal({ kind: "interrupted" });
    expect(clouds.happened).to.deep.equal([]);
  });

  describe("after somebody has changed the stack file", () => {
    const edit = (text: string) => text.replace("runners: 1", "runners: 2");

    it("does not begin if a generation differs from the plan", async () => {
      const clouds = createRotationWorld(stackFile.replace('"1": 7', '"1": 8'));
      expect((await carryOut(rotation([4], 1), clouds.world)).stop).to.deep.equal({ kind: "edited" });
      expect(clouds.happened).to.deep.equal([]);
    });

    it("does not begin if the change would get into its commit", async () => {
      const clouds = createRotationWorld(stackFile);
      clouds.edit(edit);
      expect((await carryOut(rotation([4], 1, true), clouds.world)).stop).to.deep.equal({ kind: "edited" });
      expect(clouds.happened).to.deep.equal([]);
    });

    for (const outcome of [{ kind: "interrupted" }, failed("boot-failed")] as const) {
      it(`leaves the file as it is if up was ${outcome.kind} before`, async () => {
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
  it("takes its unfinished batch back", async () => {
    const clouds = createRotationWorld(stackFile);
    clouds.upWill({ kind: "interrupted" });
    await carryOut(rotation([0, 1], 1), clouds.world);
    const { stop, journal } = await abandon(clouds.journal()!, clouds.world);
    expect(stop).to.equal(undefined);
    expect(journal.ended?.how).to.equal("abandoned");
    expect(clouds.stored.text).to.equal(stackFile);
    expect(clouds.isBroughtAbout()).to.equal(true);
  });

  it("stays unfinished until its batch is taken back", async () => {
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

describe("a rotation that dies at any step", () => {
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
  /** Results of the engine: at times it fails, is locked or is interrupted. */
  const ups = fc.array(
    fc.constantFrom<UpOutcome>(
      { kind: "done" },
      failed("x"),
      { kind: "locked", words: "x" },
      { kind: "interrupted" },
    ),
    { maxLength: 6 },
  );

  /** Runs the same command again and again until it is finished. @returns the number of runs */
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
    throw new Error("the rotation does not finish");
  }

  it("raises each selected runner exactly once when it is run again, and no other", async () => {
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

  it("reports a batch as taken back only when nothing of it is left", async () => {
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
