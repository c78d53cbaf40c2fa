import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { evaluate, interpolate } from "../../../local/github/expressions.ts";
import { parseWorkflow } from "../../../local/github/workflow-file.ts";
import { refusal, startGithub } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";
import { connect } from "./scripted-runner.ts";

describe("expressions that GitHub evaluates itself", () => {
  const contexts = {
    inputs: { n: "5", yes: true, name: "App" },
    vars: { LABELS: '["a","b"]' },
    list: ["x", "y"],
  };
  const cases: [expression: string, value: unknown][] = [
    ["inputs.n", "5"],
    ["fromJSON(inputs.n)", 5],
    ["fromJSON(vars.labels)[1]", "b"],
    ["list[0]", "x"],
    ["inputs['name'] == 'app'", true],
    ["inputs.n == 5", true],
    ["inputs.missing", undefined],
    ["inputs.missing || 'fallback'", "fallback"],
    ["inputs.yes && 'on' || 'off'", "on"],
    ["!inputs.yes || (1 != 2)", true],
    ["format('{0}-{1}', 'it''s', inputs.n)", "it's-5"],
    ["toJSON(null)", "null"],
  ];
  for (const [expression, value] of cases) {
    it(`${expression} is ${JSON.stringify(value)}`, () => {
      expect(evaluate(expression, contexts)).to.deep.equal(value);
    });
  }

  it("keep their type alone, and become text inside a text", () => {
    expect(interpolate("${{ fromJSON(inputs.n) }}", contexts)).to.equal(5);
    expect(interpolate("n=${{ inputs.n }}, ${{ inputs.yes }}", contexts)).to.equal("n=5, true");
  });

  for (const faulty of ["nope.x", "inputs.n ==", "(1", "hashFiles('x')", "1 2"]) {
    it(`refuse ${faulty} with a sentence`, () => {
      expect(() => evaluate(faulty, contexts)).to.throw(`in the expression "${faulty}"`);
    });
  }
});

describe("a workflow file", () => {
  const faulty: [what: string, text: string, message: RegExp][] = [
    ["without jobs", "on: push", /No jobs defined/],
    ["without runs-on", "jobs: { a: {} }", /runs-on/],
    ["with an unknown need", "jobs: { a: { runs-on: x, needs: b } }", /depends on unknown job 'b'/],
    ["with a matrix", "jobs: { a: { runs-on: x, strategy: { matrix: { n: [1] } } } }", /no matrices/],
  ];
  for (const [what, text, message] of faulty) {
    it(`${what} is refused`, () => {
      expect(() => parseWorkflow(text)).to.throw(message);
    });
  }
});

describe("several jobs of a run", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    cloud = await startGithub();
  });
  afterEach(() => cloud.close());
  const start = (jobs: string, inputs: Record<string, string> = {}) => {
    cloud.github.push(
      "acme/app",
      ".github/workflows/w.yml",
      `on: { workflow_dispatch: { inputs: { x: {} } } }\njobs:\n${jobs}`,
    );
    return cloud.github.dispatch("acme/app", "w.yml", inputs);
  };
  const conclusions = () =>
    Object.fromEntries(cloud.github.jobs().map(({ key, conclusion }) => [key, conclusion]));

  it("follow their needs, and pass outputs on", async () => {
    const runner = await connect(cloud, "one");
    const run = start(`
  b: { needs: a, runs-on: "\${{ needs.a.outputs.label }}" }
  a: { runs-on: one }`);
    expect(run.jobs.map(({ status }) => status)).to.deep.equal(["waiting", "queued"]);
    await runner.complete(await runner.takeJob(), "succeeded", { label: "one" });
    const { requestId, needs } = await runner.takeMessage();
    expect(needs).to.deep.equal({ a: { result: "success", outputs: { label: "one" } } });
    await runner.complete(requestId);
    expect(run.conclusion).to.equal("success");
  });

  it("are skipped after a failure, except where they say otherwise", async () => {
    const runner = await connect(cloud, "one");
    const run = start(
      `
  a: { runs-on: one }
  b: { needs: a, runs-on: one }
  c: { needs: [b], runs-on: one }
  d: { needs: [a], if: failure(), runs-on: one }
  f: { needs: [a], if: "inputs.x == 'y'", runs-on: one }
  e: { needs: [c, d], if: "\${{ always() && inputs.x == 'y' }}", runs-on: one }`,
      { x: "Y" },
    );
    await runner.complete(await runner.takeJob(), "failed");
    await runner.complete(await runner.takeJob());
    await runner.complete(await runner.takeJob());
    expect(conclusions()).to.deep.equal({
      a: "failure",
      b: "skipped",
      c: "skipped",
      d: "success",
      e: "success",
      f: "skipped",
    });
    expect(run.conclusion).to.equal("failure");
  });

  it("take their labels from a variable, and have 360 minutes by default", async () => {
    const { actions } = cloud.octokit.rest;
    await actions.createRepoVariable({
      owner: "acme",
      repo: "app",
      name: "L",
      value: '["self-hosted","gpu"]',
    });
    const run = start(`  a: { runs-on: "\${{ fromJSON(vars.L) }}" }`);
    expect(run.jobs[0]).to.deep.include({ labels: ["self-hosted", "gpu"], timeoutMinutes: 360 });
  });

  it("fail with GitHub's own message for a time limit that is a text", () => {
    const run = start(`  a: { runs-on: one, timeout-minutes: "\${{ inputs.x }}" }`, { x: "30" });
    expect(run.conclusion).to.equal("failure");
    expect(run.jobs[0]!.annotations[0]).to.match(/Unexpected value '30'/);
  });
});

describe("runner releases", () => {
  it("are served whole, and from where a download broke off", async () => {
    const dir = mkdtempSync(join(tmpdir(), "longhaul-release-"));
    const path = join(dir, "runner.tar.gz");
    writeFileSync(path, "0123456789");
    const cloud = await startGithub({}, { tarball: { path } });
    try {
      const url = `${cloud.url}/actions/runner/releases/download/v2.338.0/actions-runner-linux-x64-2.338.0.tar.gz`;
      const whole = await fetch(url);
      expect([whole.headers.get("content-length"), await whole.text()]).to.deep.equal(["10", "0123456789"]);
      const rest = await fetch(url, { headers: { range: "bytes=4-" } });
      expect([rest.status, rest.headers.get("content-range"), await rest.text()]).to.deep.equal([
        206,
        "bytes 4-9/10",
        "456789",
      ]);
      expect((await fetch(url.replace("linux", "win"))).status).to.equal(404);
      expect((await refusal(cloud.octokit.request("GET /nowhere"))).status).to.equal(404);
    } finally {
      await cloud.close();
      rmSync(dir, { recursive: true });
    }
  });
});
