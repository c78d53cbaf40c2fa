import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { whyNoSizedDisk } from "../../../local/machines/index.ts";
import { endProcesses, findProcesses } from "../../../local/machines/processes.ts";
import { unlessAbsent } from "../../../runtime/agent/absent.ts";
import type { RunnerSite } from "./runner-fixture.ts";
import { jobOf, oneStep, openRunnerSite, until } from "./runner-fixture.ts";

/**
 * What a full disk does to a job, as observed with the real runner. It depends
 * on what else is on that disk.
 */
describe("a job on the stand-in runner that fills the disk", () => {
  let site: RunnerSite;
  let mounted: string[];
  beforeEach(async function () {
    mounted = [];
    site = await openRunnerSite();
    const why = whyNoSizedDisk(`${site.root}/scratch`);
    if (why !== undefined) {
      console.log(`      skipped: this computer mounts nothing for us (${why})`);
      this.skip();
    }
    site.register();
  });
  afterEach(async () => {
    await endProcesses(processes);
    for (const folder of mounted) spawnSync("umount", ["--lazy", folder]);
    await site.close();
  });

  const processes = () =>
    findProcesses((entries) => entries.includes(`LONGHAUL_TEST=${site.environment.LONGHAUL_TEST!}`));
  const isWorker = (pid: number) =>
    unlessAbsent(() => readFileSync(`/proc/${pid}/comm`, "utf8")) === "Runner.Worker\n";

  /** A small disk, and how to fill it to the last byte. */
  const disk = (name: string) => {
    const folder = `${site.root}/${name}`;
    spawnSync("mkdir", ["-p", folder]);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "longhaul-test", folder]).status).to.equal(0);
    mounted.push(folder);
    return {
      fill: () => {
        spawnSync("dd", ["if=/dev/zero", `of=${folder}/fill`, "bs=4k"]);
        // Fills the rest of the last page of each file.
        for (const file of readdirSync(folder, { withFileTypes: true })) {
          if (file.isFile())
            spawnSync("bash", ["-c", `head -c 4096 /dev/zero | tr '\\0' x >>"$0"`, `${folder}/${file.name}`]);
        }
      },
    };
  };

  /** Begins a job on a listener that writes its output into a file. */
  const begin = async (log: string) => {
    const output = openSync(`${site.root}/${log}`, "a");
    site.listen({}, output);
    closeSync(output);
    await until("the listener to listen", () => site.read(log).includes("Listening for Jobs"));
    site.github.job = jobOf(site.github, oneStep, { renewEverySeconds: 0.02 });
    site.github.send("RunnerJobRequest", { requestId: "r1" });
    await until("the job to work", () => site.github.steps.some(({ status }) => status === "in_progress"));
  };
  const finish = () => {
    writeFileSync(`${site.environment.LONGHAUL_TEST!}/go`, "");
  };

  it("dies without a result if all logs are on that disk, while its listener keeps renewing its lock", async () => {
    const { fill } = disk("_diag");
    await begin("_diag/listener.log");
    fill();
    finish();
    await until("the worker to be gone", () => !processes().some(isWorker));
    const before = site.github.renewals;
    await until("more renewals", () => site.github.renewals > before + 20);
    expect(site.github.result).to.equal(undefined);
  });

  it("fails at once if the listener's output is on another disk", async () => {
    const { fill } = disk("_diag");
    await begin("listener.log");
    fill();
    finish();
    await until("the job's end", () => site.github.result);
    expect(site.github.result).to.equal("failed");
  });

  it("succeeds if the worker's log is on another disk as well", async () => {
    disk("_diag");
    const { fill } = disk("_work");
    await begin("listener.log");
    fill();
    finish();
    await until("the job's end", () => site.github.result);
    expect(site.github.result).to.equal("succeeded");
  });
});
