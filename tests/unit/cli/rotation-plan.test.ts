import { expect } from "chai";
import fc from "fast-check";
import { checkGenerations, checkSelection, chooseRunners } from "../../../cli/rotate/choose-runners.ts";
import type { RotationSelection, ServingMachine } from "../../../cli/rotate/choose-runners.ts";
import { newJournal } from "../../../cli/rotate/journal.ts";
import type { Journal } from "../../../cli/rotate/journal.ts";
import { planRotation } from "../../../cli/rotate/plan-rotation.ts";
import { oldMachines } from "../../../cli/rotate/serving-machines.ts";
import { parseRequest, chooseRotation } from "../../../cli/rotate/parse-request.ts";
import { describePlan } from "../../../cli/rotate/tell-rotation.ts";
import { declaredRunners } from "../../../config/declared-runners.ts";
import { loadConfiguration } from "../../../config/load.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.parse("2026-03-15T03:00:00Z");
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString();

const configuration = loadConfiguration("dev", {
  aws: { account: "123456789012", region: "eu-central-1" },
  github: { repository: "acme/app" },
  fleets: { cloud: { runners: 3, generations: { 2: 5 } }, gpu: {} },
});
const configured = declaredRunners("dev", configuration);

const machines = new Map<string, ServingMachine>([
  ["dev-cloud-1", { instanceId: "i-01", generation: 1, createdAt: ago(20 * day) }],
  ["dev-cloud-2", { instanceId: "i-02", generation: 5, createdAt: ago(14 * day) }],
  ["dev-cloud-3", { instanceId: "i-03", generation: 1 }],
  ["dev-gpu-1", { instanceId: "i-04", generation: 1, createdAt: ago(15 * day) }],
]);

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
};

describe("the runners of a rotation", () => {
  const rows: [RotationSelection, string[]][] = [
    [{ all: true }, ["dev-cloud-1", "dev-cloud-2", "dev-cloud-3", "dev-gpu-1"]],
    [{ fleet: "gpu" }, ["dev-gpu-1"]],
    [{ runners: ["dev-gpu-1", "dev-cloud-2", "dev-gpu-1"] }, ["dev-cloud-2", "dev-gpu-1"]],
    // A machine of exactly that age is not older, and a machine of unknown age never is.
    [{ olderThan: "14d" }, ["dev-cloud-1", "dev-gpu-1"]],
    [{ olderThan: "2w", fleet: "cloud" }, ["dev-cloud-1"]],
    [{ olderThan: "335h" }, ["dev-cloud-1", "dev-cloud-2", "dev-gpu-1"]],
    [{ olderThan: "9w" }, []],
  ];
  for (const [selection, expected] of rows) {
    it(`are ${expected.join(", ") || "none"} for ${JSON.stringify(selection)}`, () => {
      checkSelection(selection);
      const chosen = chooseRunners(selection, configured, machines, now);
      expect(chosen.map(({ runner }) => runner)).to.deep.equal(expected);
    });
  }

  it("are never old if they have no machine in service", () => {
    expect(chooseRunners({ olderThan: "1h" }, configured, new Map(), now)).to.deep.equal([]);
  });

  const refused: [RotationSelection, RegExp][] = [
    [{}, /one of --fleet/],
    [{ all: true, fleet: "gpu" }, /only one of/],
    [{ runners: ["dev-gpu-1"], olderThan: "2w" }, /only one of/],
    [{ olderThan: "14" }, /--older-than does not understand "14": it takes a span of time \(90m, 36h/],
    [{ olderThan: "0d" }, /does not understand "0d"/],
  ];
  for (const [selection, words] of refused) {
    it(`cannot be selected by ${JSON.stringify(selection)}`, () => {
      expect(
        messageOf(() => {
          checkSelection(selection);
        }),
      ).to.match(words);
    });
  }

  it("are listed if a name is unknown", () => {
    expect(messageOf(() => chooseRunners({ fleet: "clud" }, configured, machines, now))).to.equal(
      "There is no fleet clud. The fleets are cloud, gpu.",
    );
    const runners = ["dev-cloud-1", "dev-cloud-4", "cloud-2"];
    expect(messageOf(() => chooseRunners({ runners }, configured, machines, now))).to.equal(
      "There is no runner dev-cloud-4, cloud-2. The runners are dev-cloud-1, dev-cloud-2, dev-cloud-3, dev-gpu-1.",
    );
  });

  it("are refused if the stack file has other generations than the machines, even of runners that are not selected", () => {
    expect(
      messageOf(() => {
        checkGenerations(configured, machines);
      }),
    ).to.equal("nothing");
    const stale = declaredRunners("dev", {
      ...configuration,
      fleets: { ...configuration.fleets, cloud: { ...configuration.fleets.cloud!, generations: {} } },
    });
    expect(
      messageOf(() => {
        checkGenerations(stale, machines);
      }),
    ).to.include("dev-cloud-2: generation 1, and its machine i-02 has 5");
  });
});

describe("the plan of a rotation", () => {
  it("raises the generation of each runner by one from the stack file's, in batches", () => {
    const plan = planRotation(configured, machines, 3);
    expect(plan.map((batch) => batch.map(({ runner, from, to }) => [runner, from, to]))).to.deep.equal([
      [
        ["dev-cloud-1", 1, 2],
        ["dev-cloud-2", 5, 6],
        ["dev-cloud-3", 1, 2],
      ],
      [["dev-gpu-1", 1, 2]],
    ]);
    expect(plan[0]![0]).to.include({ machine: "i-01", fleet: "cloud", number: 1 });
  });

  it("is printed with the present machine of each runner and its age", () => {
    const plan = planRotation(configured, new Map([...machines].slice(0, 3)), 3);
    expect(describePlan(plan, new Map([...machines].slice(0, 3)), now)).to.deep.equal([
      "batch 1 of 2: dev-cloud-1, generation 1 → 2, now i-01, 20 d old",
      "batch 1 of 2: dev-cloud-2, generation 5 → 6, now i-02, 14 d old",
      "batch 1 of 2: dev-cloud-3, generation 1 → 2, now i-03, unknown age",
      "batch 2 of 2: dev-gpu-1, generation 1 → 2, has no machine in service",
    ]);
  });

  it("has every runner once, and all batches except the last one are full", () => {
    const runner = fc.integer({ min: 1, max: 50 }).map((number) => ({
      fleet: "cloud",
      number,
      runner: `dev-cloud-${number}`,
      generation: number,
    }));
    fc.assert(
      fc.property(
        fc.uniqueArray(runner, { selector: ({ number }) => number }),
        fc.integer({ min: 1, max: 60 }),
        (runners, atOnce) => {
          const plan = planRotation(runners, new Map(), atOnce);
          expect(plan.flat().map(({ number }) => number)).to.deep.equal(runners.map(({ number }) => number));
          expect(plan.slice(0, -1).every((batch) => batch.length === atOnce)).to.equal(true);
          expect(plan.every((batch) => batch.length > 0 && batch.length <= atOnce)).to.equal(true);
        },
      ),
    );
  });
});

describe("the rotation that a command line means", () => {
  const journal = (more: Partial<Journal> = {}): Journal => ({
    ...newJournal(
      {
        environment: "dev",
        startedAt: "2026-03-15T02:00:00.000Z",
        selection: { runners: ["dev-cloud-2", "dev-cloud-1"] },
        atOnce: 2,
        commit: false,
      },
      planRotation(configured, machines, 2),
    ),
    ...more,
  });
  const ended = { at: "2026-03-15T02:30:00.000Z", how: "finished" as const };
  const asks = (flags: Parameters<typeof parseRequest>[0], last?: Journal) =>
    chooseRotation(parseRequest(flags), last, "dev");
  const runner = ["dev-cloud-1", "dev-cloud-2"];

  it("is a new one if none is unfinished", () => {
    expect(asks({ all: true, atOnce: 1 }).kind).to.equal("new");
    expect(asks({ runner, atOnce: 2 }, journal({ ended })).kind).to.equal("new");
  });

  it("is the unfinished one for the same command, --resume and --abandon", () => {
    for (const flags of [{ runner }, { resume: true }, { abandon: true }]) {
      expect(asks({ ...flags, atOnce: 2 }, journal())).to.deep.equal({ kind: "go-on", journal: journal() });
    }
  });

  it("cannot be another one while one is unfinished", () => {
    for (const flags of [
      { all: true },
      { runner: ["dev-cloud-1"] },
      { fleet: "cloud" },
      { olderThan: "2w" },
    ]) {
      expect(messageOf(() => asks({ ...flags, atOnce: 2 }, journal())))
        .to.include("Another rotation is unfinished")
        .and.include("0 of 2 batches done, now at dev-cloud-1 (generation 1 → 2)")
        .and.include("longhaul rotate --stack dev --resume")
        .and.include("--abandon");
    }
    expect(messageOf(() => asks({ runner, atOnce: 1 }, journal()))).to.include(
      "Another rotation is unfinished",
    );
  });

  it("is empty if the last one is finished and --resume or --abandon is given", () => {
    expect(asks({ resume: true, atOnce: 1 }, journal({ ended }))).to.deep.equal({
      kind: "nothing-left",
      why: "The last rotation of dev was finished at 2026-03-15T02:30:00.000Z: there is nothing to go on with.",
    });
    expect(messageOf(() => asks({ resume: true, atOnce: 1 }))).to.equal("No rotation of dev is unfinished.");
    expect(messageOf(() => asks({ abandon: true, atOnce: 1 }, journal({ ended })))).to.include("No rotation");
  });

  it("is refused for --resume or --abandon together with anything else", () => {
    for (const flags of [
      { resume: true, abandon: true },
      { resume: true, all: true },
      { abandon: true, runner },
    ]) {
      expect(messageOf(() => asks({ ...flags, atOnce: 1 }, journal()))).to.include("stand alone");
    }
  });
});

describe("the machines that a rotation has replaced", () => {
  const machine = (
    instanceId: string,
    instanceState: "running" | "terminated",
    state?: "busy" | "leaving",
  ) => ({
    fleet: "cloud",
    runner: "dev-cloud-1",
    instanceId,
    name: instanceId,
    instanceState,
    stateReason: "",
    ...(state && { report: { state, job: "acme/app/actions/runs/7" } }),
  });

  it("are reported while they exist, with their job if they run one", () => {
    const relieved = ["i-busy", "i-leaving", "i-gone", "i-forgotten", null].map((id) => ({
      runner: "dev-cloud-1",
      machine: id,
    }));
    const observed = [
      machine("i-busy", "running", "busy"),
      machine("i-leaving", "running", "leaving"),
      machine("i-gone", "terminated", "busy"),
      machine("i-new", "running", "busy"),
    ];
    expect(oldMachines(relieved, observed)).to.deep.equal([
      { runner: "dev-cloud-1", instanceId: "i-busy", isBusy: true, job: "acme/app/actions/runs/7" },
      { runner: "dev-cloud-1", instanceId: "i-leaving", isBusy: false },
    ]);
  });
});
