import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { findProcesses } from "../../../local/machines/processes.ts";
import type { AcquiredJob } from "../../../local/runner/exchange.ts";
import { buildRunnerTarball } from "../../../local/runner/tarball.ts";
import { listenerReader } from "../../../runtime/agent/job-events.ts";
import { findTools, toolsLimitMs } from "../../find-tools.ts";
import type { RunnerSite } from "./runner-fixture.ts";
import { jobOf, oneStep, openRunnerSite, until } from "./runner-fixture.ts";

describe("a job on the stand-in runner", () => {
  let site: RunnerSite;
  let act: string;
  before(async function () {
    this.timeout(toolsLimitMs);
    act = (await findTools()).act.path;
  });
  beforeEach(async () => {
    site = await openRunnerSite();
    site.register();
    site.environment.LONGHAUL_ACT = act;
  });
  afterEach(() => site.close());

  const workflow = (steps: string) => `
name: Smoke
on: {workflow_dispatch: {inputs: {who: {default: nobody}}}}
jobs:
  job:
    runs-on: [self-hosted, "\${{ inputs.who }}"]
    outputs: {answer: "\${{ steps.first.outputs.answer }}"}
    steps:
${steps}`;
  /** Runs the job to its end on a listener. */
  const running = async (
    text: string,
    changes: Partial<AcquiredJob> = {},
    whileRunning?: () => Promise<unknown>,
  ) => {
    const listener = site.listen();
    await until("the listener to listen", () => listener.output().includes("Listening for Jobs"));
    site.github.job = jobOf(site.github, text, { inputs: { who: "local-1" }, ...changes });
    site.github.send("RunnerJobRequest", { requestId: "r1" });
    await whileRunning?.();
    await until("the job's end", () => site.github.result);
    return listener;
  };
  const run = async (...job: Parameters<typeof running>) => {
    await running(...job);
    return site.github;
  };
  const ends = () => site.github.steps.map(({ name, conclusion }) => `${name}: ${conclusion ?? "none"}`);

  it("runs its steps, and reports log, outputs and summary", async () => {
    const github = await run(
      workflow(`
      - id: first
        name: Say it
        run: |
          echo "I am $RUNNER_NAME for \${{ inputs.who }} in $GITHUB_REPOSITORY run $GITHUB_RUN_ID at $GITHUB_SHA on $GITHUB_REF_NAME"
          echo "answer=42" >>"$GITHUB_OUTPUT"
          echo "# Done by $RUNNER_NAME" >>"$GITHUB_STEP_SUMMARY"
      - if: inputs.who == 'another'
        name: Not for us
        run: echo never
      - run: test "$GITHUB_TOKEN" != "" || true; echo "token \${{ github.token }}"`),
    );
    expect(github.result).to.equal("succeeded");
    expect(github.log).to.include(
      `I am local-1 for local-1 in acme/app run 4711 at ${github.job!.sha} on main`,
    );
    expect(github.log.join("\n")).to.not.include("canary").and.not.include("git repository");
    expect(github.outputs).to.deep.equal({ answer: "42" });
    expect(github.summary).to.equal("# Done by local-1\n");
    expect(ends()).to.deep.equal([
      "Set up job: success",
      "Say it: success",
      "Not for us: skipped",
      `Run test "$GITHUB_TOKEN" != "" || true; echo "token \${{ github.token }}": success`,
      "Complete job: success",
    ]);
    expect(site.has("_work/app/app")).to.equal(true);
  });

  it("fails when a step fails, and still runs the steps with `always()`", async () => {
    const github = await run(
      workflow(`
      - name: Break
        run: exit 3
      - name: Not then
        run: echo never
      - name: Always
        if: always()
        run: echo tidied >>"$GITHUB_STEP_SUMMARY"`),
    );
    expect(github.result).to.equal("failed");
    expect(github.log).to.include("##[error]Process completed with exit code 3.");
    expect(github.summary).to.equal("tidied\n");
    expect(ends().slice(1, 4)).to.deep.equal(["Break: failure", "Not then: skipped", "Always: success"]);
  });

  const longJob = workflow(`
      - name: Long
        run: echo begun; sleep 600
      - name: Always
        if: always()
        run: echo tidied`);

  it("ends its running step when it is cancelled, and still runs the steps with `always()`", async () => {
    const github = await run(longJob, {}, async () => {
      await until("the step to begin", () => site.github.log.includes("begun"));
      site.github.send("JobCancellation", { requestId: "r1" });
    });
    expect(github.result).to.equal("cancelled");
    expect(github.log).to.include("##[error]The operation was canceled.").and.include("tidied");
  });

  it("fails when its runner is shut down, and runs neither steps with `always()` nor the completed hook", async () => {
    const completed = join(site.root, "completed.sh");
    writeFileSync(completed, "echo completed\n");
    writeFileSync(join(site.root, ".env"), `ACTIONS_RUNNER_HOOK_JOB_COMPLETED=${completed}\n`);
    const github = await run(longJob, {}, async () => {
      await until("the step to begin", () => site.github.log.includes("begun"));
      const [worker] = findProcesses((environment) =>
        environment.includes(`HOME=${site.environment.HOME}`),
      ).filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8") === "Runner.Worker\n");
      process.kill(worker!, "SIGTERM");
    });
    expect(github.result).to.equal("failed");
    expect(github.log.join("\n"))
      .to.include("received a shutdown signal")
      .and.include("The operation was canceled.");
    expect(github.log).to.not.include("tidied").and.not.include("completed");
    expect(ends()).to.include.members(["Always: skipped", "Complete runner: skipped"]);
  });

  it("has the outputs of the jobs that it needs", async () => {
    const github = await run(
      workflow(`
      - run: echo "got \${{ needs.before.outputs.key }}"`),
      { needs: { before: { result: "success", outputs: { key: "value" } } } },
    );
    expect(github.log).to.include("got value");
    expect(github.result).to.equal("succeeded");
  });

  it("leaves no process of its steps behind", async () => {
    const mark = `STRAY=${site.root}`;
    const github = await run(
      workflow(`
      - run: |
          export STRAY='${site.root}'
          setsid nohup sleep 600 >/dev/null 2>&1 &
          until grep -qx sleep "/proc/$!/comm"; do sleep 0.05; done`),
    );
    expect(github.log.join("\n")).to.match(/Terminate orphan process: pid \(\d+\) \(sleep\)/);
    expect(findProcesses((environment) => environment.includes(mark))).to.deep.equal([]);
  });

  it("shows the agent only its beginning and its end in the output, even if names contain line breaks or the runner's messages", async () => {
    const program = "x\rThe runner no longer exists on the server. Cleaning up local configuration.";
    const listener = await running(
      workflow(`
      - run: |
          ln -s "$(command -v sleep)" $'${program.replace("\r", "\\r")}'
          setsid nohup $'./${program.replace("\r", "\\r")}' 600 >/dev/null 2>&1 &
          until grep -q "The runner" "/proc/$!/comm"; do sleep 0.05; done`),
      { jobName: "one\ntwo\rthree\u2028four" },
    );
    await until("the listener to be free", () => listener.output().includes("JobState: Online"));
    const output = listener.output().split("\n");
    expect(output, "as the real one's")
      .to.include(`${program.split("\r")[1]})`)
      .and.include("two\rthree\u2028four");
    const reader = listenerReader();
    const id = site.github.job!.jobGuid;
    const kinds = output
      .flatMap((line) => reader(line) ?? [])
      .map((event) => ("id" in event ? [event.kind, event.id] : event.kind));
    expect(kinds).to.deep.equal([
      "version",
      ...["acquired", "running", "worker", "ended"].map((kind) => [kind, id]),
      "free",
    ]);
  });

  describe("with hooks", () => {
    const hooks = (started: string, completed = "true") => {
      const [first, last] = ["started.sh", "completed.sh"].map((name) => join(site.root, name)) as [
        string,
        string,
      ];
      writeFileSync(first, `${started}\n`);
      writeFileSync(last, `${completed}\n`);
      writeFileSync(
        join(site.root, ".env"),
        `ACTIONS_RUNNER_HOOK_JOB_STARTED=${first}\nACTIONS_RUNNER_HOOK_JOB_COMPLETED=${last}\n`,
      );
    };

    it("runs them around the steps, with the job's variables", async () => {
      hooks(
        'echo "started $GITHUB_WORKFLOW/$GITHUB_JOB $GITHUB_REPOSITORY $GITHUB_RUN_ID/$GITHUB_RUN_ATTEMPT"',
        "echo completed",
      );
      const github = await run(oneStep);
      const logged = github.log.filter((line) => /^(started|completed)/.test(line));
      expect(logged).to.deep.equal(["started Smoke/job acme/app 4711/1", "completed"]);
      expect(ends()).to.deep.equal([
        "Set up job: success",
        "Set up runner: success",
        "work: success",
        "Complete runner: success",
        "Complete job: success",
      ]);
    });

    it("runs the completed hook as the last step, and terminates orphaned processes after it", async () => {
      hooks(
        'echo "started in $PWD with $RUNNER_TRACKING_ID beside $(basename "$RUNNER_WORKSPACE")"',
        'echo "completed with $RUNNER_TRACKING_ID"; pgrep -f "sleep 59[7]" >/dev/null && echo "the stray lives"',
      );
      const github = await run(
        workflow(`
      - run: |
          echo "step with $RUNNER_TRACKING_ID"
          setsid nohup sleep 597 >/dev/null 2>&1 &
          until pgrep -f "sleep 59[7]" >/dev/null; do sleep 0.05; done`),
      );
      expect(github.result).to.equal("succeeded");
      const logged = github.log.filter((line) => /^(started|step|completed|the stray|Terminate)/.test(line));
      const [id] = /github_[\w-]+/.exec(logged[0]!) ?? [];
      expect(logged.slice(0, 4)).to.deep.equal([
        `started in ${site.root}/_work/app/app with ${id!} beside app`,
        `step with ${id!}`,
        `completed with ${id!}`,
        "the stray lives",
      ]);
      expect(logged[4]).to.match(/^Terminate orphan process: pid \(\d+\) \(sleep\)/);
    });

    it("skips the steps when the started hook fails, and still runs the completed hook", async () => {
      hooks("exit 3", "echo completed");
      const github = await run(oneStep);
      expect(github.result).to.equal("failed");
      expect(github.log).to.include("completed");
      expect(ends().slice(1, 4)).to.deep.equal([
        "Set up runner: failure",
        "work: skipped",
        "Complete runner: success",
      ]);
    });

    it("fails when any line of a hook fails", async () => {
      hooks("false\necho never");
      const github = await run(oneStep);
      expect(github.result).to.equal("failed");
      expect(github.log).to.not.include("never");
      expect(ends()).to.include("Set up runner: failure").and.include("work: skipped");
    });
  });
});

describe("the runner's tarball", () => {
  it("has the same bytes at each build, differs between versions, and has the real tarball's layout", async () => {
    const site = await openRunnerSite();
    try {
      const dir = join(site.root, "..");
      const [first, again, other] = [
        buildRunnerTarball(dir, "2.338.0"),
        buildRunnerTarball(dir, "2.338.0"),
        buildRunnerTarball(dir, "2.339.0"),
      ];
      expect(again).to.deep.equal(first);
      expect(other.sha256)
        .to.match(/^[0-9a-f]{64}$/)
        .and.not.equal(first.sha256);
      for (const path of [
        "config.sh",
        "run.sh",
        "env.sh",
        "bin/installdependencies.sh",
        "bin/Runner.Listener",
      ]) {
        expect(site.has(path), path).to.equal(true);
      }
      const node = spawnSync(join(site.root, "externals/node24/bin/node"), ["-p", "process.version"], {
        encoding: "utf8",
      });
      expect(node.stdout.trim()).to.equal(process.version);
    } finally {
      await site.close();
    }
  });
});
