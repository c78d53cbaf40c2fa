import { execFileSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fleetParameters, formatMachineList } from "../../contract/parameters.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { Instance } from "../../observe/machine.ts";
import type { UpOutcome } from "../../cli/engine/engine.ts";
import { watchInterruption } from "../../cli/interruption.ts";
import type { RotationReport } from "../../cli/rotate/rotate.ts";
import { instanceWith } from "../unit/observe/instance.ts";

const now = Date.parse("2026-03-15T03:00:00Z");

const stackFile = `config:
  longhaul:aws: { account: "123456789012", region: eu-central-1 }
  longhaul:github: { repository: acme/app }
  longhaul:fleets:
    cloud: # the long ones
      runners: 2
`;

/** The machine of a runner, made this number of days ago. */
function machineOf(runner: string, id: string, days: number): Instance {
  return instanceWith({
    id,
    createdAt: new Date(now - days * 86_400_000).toISOString(),
    tags: {
      [tags.project]: projectTag,
      [tags.environment]: "dev",
      [tags.fleet]: "cloud",
      [tags.runner]: runner,
      [tags.generation]: "1",
      [tags.state]: "busy",
      [tags.job]: "acme/app/actions/runs/7",
    },
  });
}

describe("longhaul rotate", () => {
  let project: string;
  const file = () => join(project, "Pulumi.dev.yaml");
  const text = () => readFileSync(file(), "utf8");
  const git = (...words: string[]) => execFileSync("git", words, { cwd: project, encoding: "utf8" });

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), "longhaul-rotate-"));
    writeFileSync(join(project, "Pulumi.yaml"), "name: longhaul\n");
    writeFileSync(file(), stackFile);
  });
  afterEach(() => rm(project, { recursive: true }));

  const commitAll = () => {
    git("init", "--quiet");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@example.com");
    git("add", "--all");
    git("commit", "--quiet", "--message", "Begin");
  };

  /** Runs the verb. @param ups results of the engine, in order; after them it succeeds */
  async function longhaul(
    words: string,
    {
      ups = [],
      isCi = false,
      onUp = () => undefined,
    }: { ups?: UpOutcome[]; isCi?: boolean; onUp?: (signals: EventEmitter) => void } = {},
  ) {
    // Imported in the way in which verbs import, so that an error's class is the same on both sides: see clouds.ts.
    const { run } = await import("../../cli/program.ts");
    const { openEnvironment } = await import("../../cli/environment.ts");
    const [results, said, texts]: string[][] = [[], [], []];
    const lists = fleetParameters("dev", "cloud");
    const machines = [machineOf("dev-cloud-1", "i-01", 20), machineOf("dev-cloud-2", "i-02", 3)];
    const unexpected = () => Promise.reject(new Error("unexpected call"));
    const signals = new EventEmitter();
    const code = await run(["rotate", "--stack", "dev", "--cwd", project, ...words.split(" ")], {
      request: undefined,
      clock: { now: () => now, sleep: unexpected },
      output: {
        result: (line) => results!.push(line),
        say: (line) => said!.push(line),
        progress: () => undefined,
      },
      isCi,
      openEnvironment: (flags) => openEnvironment(flags, {}),
      confirm: (question) => {
        said!.push(question);
        return Promise.resolve(false);
      },
      connectAws: () =>
        Promise.resolve({
          caller: "ada",
          budgets: unexpected,
          instances: {
            describe: () => Promise.resolve(machines),
            find: unexpected,
            start: unexpected,
            setLocks: unexpected,
            terminate: unexpected,
          },
          parameters: {
            read: () =>
              Promise.resolve(new Map([[lists.roster, formatMachineList(machines.map(({ id }) => id))]])),
            write: unexpected,
            writtenAt: unexpected,
            secrets: {
              read: unexpected,
              readAll: unexpected,
              create: unexpected,
              remove: unexpected,
              write: unexpected,
            },
          },
          images: { createdAt: unexpected },
          resourceTags: { disks: unexpected, write: unexpected, remove: unexpected },
          operatorLog: { write: unexpected },
          ledger: { read: unexpected },
        }),
      connectGithub: unexpected,
      openEngine: () =>
        Promise.resolve({
          up: () => {
            texts!.push(text());
            onUp(signals);
            return Promise.resolve(ups.shift() ?? { kind: "done" });
          },
        }),
      watchInterruption: () => watchInterruption(signals as unknown as NodeJS.Process),
      loadLocal: unexpected,
    });
    const report = () => JSON.parse(results!.join("\n")) as RotationReport;
    return { code, results: results!.join("\n"), said: said!.join("\n"), texts: texts!, report, signals };
  }
  const generation = (number: number, to = 2) =>
    stackFile.replace("runners: 2\n", `runners: 2\n      generations:\n        "${number}": ${to}\n`);

  it("rotates one runner after the other, and reports what the old machines still run", async () => {
    const { code, said, texts, report, signals } = await longhaul("--all --yes --json");
    expect(code, said).to.equal(0);
    expect(texts).to.deep.equal([generation(1), `${generation(1)}        "2": 2\n`]);
    expect(text()).to.equal(texts[1]);
    expect(report()).to.deep.include({ environment: "dev", state: "finished" });
    expect(report().oldMachines.map(({ instanceId, isBusy }) => [instanceId, isBusy])).to.deep.equal([
      ["i-01", true],
      ["i-02", true],
    ]);
    expect(said)
      .to.match(/ s {2}batch 2 of 2: in service/)
      .and.include("dev-cloud-1: its old machine i-01 still runs https://github.com/acme/app/actions/runs/7");
    expect(signals.eventNames(), "Ctrl-C ends the process again").to.deep.equal([]);
  });

  it("changes nothing with --dry-run, and nothing without a yes", async () => {
    const { code, results } = await longhaul("--older-than 2w --dry-run");
    expect(code).to.equal(0);
    expect(results).to.equal("batch 1 of 1: dev-cloud-1, generation 1 → 2, now i-01, 20 d old");
    const planned = (await longhaul("--all --at-once 2 --dry-run --json")).report();
    expect(planned).to.deep.include({ state: "planned", oldMachines: [] });
    expect(planned.batches.map(({ steps, phase }) => [steps.length, phase])).to.deep.equal([[2, "planned"]]);
    const asked = await longhaul("--all");
    expect(asked.code).to.equal(1);
    expect(asked.said).to.include("Rotate them?").and.include("Nothing was changed.");
    expect(text()).to.equal(stackFile);
    expect(existsSync(join(project, ".longhaul"))).to.equal(false);
  });

  it("has nothing to do if no machine is that old", async () => {
    const { code, said, texts } = await longhaul("--older-than 9w --yes");
    expect(code).to.equal(0);
    expect(said).to.include("No machine of dev is older than 9w");
    expect(texts).to.deep.equal([]);
  });

  it("fails with the engine's words and the file as it was, and tries again by the same command", async () => {
    const { code, said, texts, report } = await longhaul("--runner dev-cloud-2 --yes --json", {
      ups: [{ kind: "failed", words: "dev-cloud-2-ab: boot-failed" }],
    });
    expect(code).to.equal(1);
    expect(said)
      .to.include("dev-cloud-2-ab: boot-failed")
      .and.include('"longhaul rotate --stack dev --resume"')
      .and.include("--abandon");
    expect(texts).to.deep.equal([generation(2), stackFile]);
    expect(text()).to.equal(stackFile);
    expect(report()).to.deep.include({ state: "unfinished", stopped: "taken-back", oldMachines: [] });
    const { mode } = await stat(join(project, ".longhaul/rotations/dev.json"));
    expect(mode & 0o077, "the journal is its owner's").to.equal(0);

    expect((await longhaul("--all --yes")).code, "another one").to.equal(2);
    expect((await longhaul("--runner dev-cloud-2 --yes")).code, "the same one").to.equal(0);
    expect(text()).to.equal(generation(2));
    expect((await longhaul("--resume")).said).to.include("was finished at");
  });

  it("ends as unfinished after Ctrl-C, with how to continue, and can be given up", async () => {
    const { code, said } = await longhaul("--runner dev-cloud-1 --yes", {
      ups: [{ kind: "interrupted" }],
      onUp: (signals) => signals.emit("SIGINT", "SIGINT"),
    });
    expect(code).to.equal(3);
    expect(said)
      .to.include("interrupted: the engine finishes what it has begun first")
      .and.include("Interrupted at dev-cloud-1");
    const given = await longhaul("--abandon");
    expect(given.code, given.said).to.equal(0);
    expect(given.texts, "taken back").to.deep.equal([stackFile]);
    expect(given.said).to.include("The rotation is given up.");
  });

  for (const [words, expected] of [
    ["--yes", "Which runners?"],
    ["--runner dev-cloud-9 --yes", "no runner dev-cloud-9"],
    ["--all --at-once 0", "whole number from 1"],
    ["--resume", "No rotation of dev is unfinished"],
  ] as const) {
    it(`"${words}" is bad usage`, async () => {
      const { code, said, texts } = await longhaul(words);
      expect(code).to.equal(2);
      expect(said).to.include(expected);
      expect(texts).to.deep.equal([]);
    });
  }

  it("does not continue with a journal that it cannot read", async () => {
    await mkdir(join(project, ".longhaul/rotations"), { recursive: true });
    writeFileSync(join(project, ".longhaul/rotations/dev.json"), '{"version": 2');
    const { code, said, texts } = await longhaul("--all --yes");
    expect(code).to.equal(1);
    expect(said).to.include("dev.json cannot be read, so nothing was done");
    expect(texts).to.deep.equal([]);
  });

  describe("with --commit", () => {
    it("commits the stack file alone after each batch, whatever else is staged or changed", async () => {
      commitAll();
      writeFileSync(join(project, "staged.txt"), "mine");
      writeFileSync(join(project, "Pulumi.yaml"), "name: longhaul # changed\n");
      git("add", "staged.txt");
      const { code, said } = await longhaul("--all --yes --commit", { isCi: true });
      expect(code, said).to.equal(0);
      const log = git("log", "--format=%s", "--name-only", "-2");
      expect(log.split("\n").filter((line) => line !== "")).to.deep.equal([
        "Rotate dev-cloud-2 of dev",
        "Pulumi.dev.yaml",
        "Rotate dev-cloud-1 of dev",
        "Pulumi.dev.yaml",
      ]);
      expect(git("log", "--format=%b", "-1").trim()).to.equal("dev-cloud-2: generation 1 -> 2");
      expect(git("status", "--short", "--untracked-files=no")).to.equal(" M Pulumi.yaml\nA  staged.txt\n");
    });

    it("continues after a commit that git refused", async () => {
      commitAll();
      writeFileSync(join(project, ".git/hooks/pre-commit"), "#!/bin/sh\necho not at night >&2; exit 1\n", {
        mode: 0o755,
      });
      const { code, said } = await longhaul("--runner dev-cloud-1 --yes --commit");
      expect(code).to.equal(1);
      expect(said).to.include("not at night").and.include("--resume");
      await rm(join(project, ".git/hooks/pre-commit"));
      const resumed = await longhaul("--resume", { isCi: true });
      expect(resumed.code, resumed.said).to.equal(0);
      expect(resumed.texts, "no second up").to.deep.equal([]);
      expect(git("log", "--format=%s", "-1").trim()).to.equal("Rotate dev-cloud-1 of dev");
    });

    it("refuses, before anything is changed, if a commit would contain other changes or is not possible", async () => {
      const refusal = async (words = "--all --yes --commit", isCi = false) => {
        const { code, said, texts } = await longhaul(words, { isCi });
        expect(code, said).to.equal(2);
        expect(texts).to.deep.equal([]);
        expect(text()).to.not.include("generations");
        return said;
      };
      expect(await refusal()).to.include("is not in a work tree of git");
      git("init", "--quiet");
      expect(await refusal()).to.include("is not under version control");
      commitAll();
      writeFileSync(file(), stackFile.replace("the long ones", "mine"));
      expect(await refusal()).to.include("has changes that are not committed");
      expect(await refusal("--all --yes", true))
        .to.include("In CI")
        .and.include("needs --commit");
    });
  });
});
