import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { warnOfRunnerVersions } from "../../../components/runner-fleet/runner-versions.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

const inAugust = "2026-08-01T00:00:00Z";

describe("an `up` with a runner version that GitHub refuses", () => {
  const { log, warn } = console;
  let warnings: string[];
  let lines: string[];
  beforeEach(() => {
    warnings = [];
    lines = [];
    console.warn = (line: string) => void warnings.push(line);
    console.log = (line: string) => void lines.push(line);
  });
  afterEach(() => {
    Object.assign(console, { log, warn });
  });

  /** Evaluates only the check, with GitHub's answers by the end of the endpoint. */
  async function lookWith(raw: Raw, answers: Record<string, unknown>): Promise<void> {
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
      call: ({ inputs: { endpoint } }) => {
        const [, answer] = Object.entries(answers).find(([end]) => String(endpoint).endsWith(end)) ?? [];
        if (answer instanceof Error) throw answer;
        return { code: answer === undefined ? 404 : 200, body: JSON.stringify(answer ?? {}) };
      },
    });
    await warnOfRunnerVersions(loadConfiguration("dev", raw), {});
  }

  it("warns with the date and the version to raise", async () => {
    await lookWith(repositoryStack, { "deprecations/2.338.0": { runtime_deprecates_at: inAugust } });
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include(
      `cloud: runner.version is 2.338.0. GitHub gives it no jobs from ${inAugust} on.`,
    );
  });

  it("prints nothing if GitHub has no deprecation date, as on GitHub Enterprise Server", async () => {
    await lookWith(repositoryStack, {});
    expect([...warnings, ...lines]).to.deep.equal([]);
  });

  it("continues if GitHub does not answer, and says so", async () => {
    await lookWith(repositoryStack, { downloads: Object.assign(new Error(), { details: "403 Forbidden" }) });
    expect(warnings).to.deep.equal([]);
    expect(lines.join()).to.include("were not compared with GitHub's").and.include("403 Forbidden");
  });

  it("asks GitHub about the repository's or the organisation's runners, once for each version", async () => {
    const asked = async (raw: Raw) =>
      (await evaluateOnce(raw)).calls
        .filter(({ token }) => token.endsWith(":getRestApi"))
        .map(({ inputs }) => inputs.endpoint);
    const paths = ["downloads", "deprecations/2.338.0"];
    expect(await asked(repositoryStack)).to.have.members(
      paths.map((path) => `repos/acme/app/actions/runners/${path}`),
    );
    expect(await asked(organizationStack)).to.have.members(
      paths.map((path) => `orgs/acme/actions/runners/${path}`),
    );
  });
});
