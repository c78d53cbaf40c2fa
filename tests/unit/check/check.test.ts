import { expect } from "chai";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { configurationReference } from "../../../config/reference.ts";
import { checkReference } from "../../../scripts/check/reference.ts";
import { checkShellScripts } from "../../../scripts/check/shell-scripts.ts";
import { checkWorkflows } from "../../../scripts/check/workflows.ts";
import { skip } from "../../skip.ts";

const project = join(import.meta.dirname, "../../..");

describe("the repository's own check", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "longhaul-check-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(file: string, text: string) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }

  it("finds this project's reference up to date", () => {
    expect(checkReference(project).findings).to.deep.equal([]);
  });

  it("finds a reference that is stale or missing", () => {
    expect(checkReference(root).findings).to.have.length(1);
    write("docs/configuration.md", `${configurationReference()}more`);
    expect(checkReference(root).findings[0]).to.include("npm run reference");
    write("docs/configuration.md", configurationReference());
    expect(checkReference(root).findings).to.deep.equal([]);
  });

  describe("of shell scripts", () => {
    const faulty = "#!/usr/bin/env bash\ncd $1\n";
    beforeEach(() => {
      write("a.sh", faulty);
      write("bin/run", faulty);
      write("bin/program", "#!/usr/bin/env node\n");
      write("bin/example.txt", faulty);
      write("dist/built.sh", faulty);
      write("node_modules/theirs/install.sh", faulty);
    });

    it("checks the project's own .sh files, and bash scripts without a file extension", function () {
      const { what, findings, skipped } = checkShellScripts(root);
      if (skipped !== undefined) skip(this, skipped);
      expect(what).to.equal("shell scripts (2)");
      expect(new Set(findings.map((finding) => finding.split(":")[0]))).to.deep.equal(
        new Set(["a.sh", "bin/run"]),
      );
    });

    it("is skipped with the reason if shellcheck is not installed", () => {
      expect(checkShellScripts(root, "no-such-shellcheck").skipped).to.include("shellcheck is not installed");
    });

    it("throws if shellcheck itself fails", () => {
      write("broken", "#!/bin/sh\necho out of order >&2\nexit 3\n");
      chmodSync(join(root, "broken"), 0o755);
      expect(() => checkShellScripts(root, join(root, "broken"))).to.throw("exit code 3: out of order");
    });

    it("does not fail on a script that is deleted and not yet committed", () => {
      rmSync(join(root, "bin/run"));
      rmSync(join(root, "a.sh"));
      write("a.sh", "#!/bin/sh\ntrue\n");
      expect(checkShellScripts(root, "no-such-shellcheck").what).to.equal("shell scripts (1)");
    });
  });

  describe("of workflow files", () => {
    const workflow = (runsOn: string, step: string) =>
      `on:\n  workflow_dispatch:\n    inputs:\n      runner: { type: string }\njobs:\n  a:\n    runs-on: ${runsOn}\n    steps:\n      - run: ${step}\n`;

    it("names the file, the line and the error", async () => {
      write("validation/workflows/bad.yml", workflow("ubuntu-latest", "echo ${{ github.nothing }}"));
      const { findings } = await checkWorkflows(root);
      expect(findings).to.have.length(1);
      expect(findings[0]).to.match(/^validation\/workflows\/bad\.yml:9:\d+: .*nothing.*\[expression\]$/);
    });

    it("accepts any label together with self-hosted, and otherwise only known labels", async () => {
      write(".github/workflows/own.yml", workflow('[self-hosted, "${{ inputs.runner }}", cloud]', "true"));
      write(".github/workflows/unknown.yml", workflow("cloud", "true"));
      const { findings } = await checkWorkflows(root);
      expect(findings.map((finding) => finding.split(":")[0])).to.deep.equal([
        ".github/workflows/unknown.yml",
      ]);
    });

    it("knows the variables of a repository", async () => {
      write(".github/workflows/vars.yml", workflow("ubuntu-latest", "echo ${{ vars.REGION }}"));
      expect((await checkWorkflows(root)).findings).to.deep.equal([]);
    });

    it("finds nothing in this project's own", async () => {
      const { what, findings } = await checkWorkflows(project);
      expect(findings).to.deep.equal([]);
      expect(what).to.match(/\([1-9]\d*\)$/);
    });
  });
});
