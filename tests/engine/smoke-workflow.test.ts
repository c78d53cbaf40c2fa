import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { expect } from "chai";
import { SmokeWorkflow } from "../../components/index.ts";
import { loadStackConfiguration } from "../../config/load.ts";
import { startCloud } from "../../local/cloud.ts";
import type { LocalCloud } from "../../local/cloud.ts";
import { commandOf } from "../../local/engine/local-stack.ts";
import { enterCloudEnvironment } from "../../local/own-credentials.ts";
import { findTools, toolsLimitMs } from "../find-tools.ts";

/*
 * The ownership of the smoke test's workflow file: the component on the real
 * engine, without machines, with its Commands against a GitHub with rules for
 * the branch.
 */
describe("the smoke test's workflow on the real engine", function () {
  this.timeout(300_000);
  const project = join(import.meta.dirname, "../..");
  const repository = "acme/app";
  const ofDev = ".github/workflows/longhaul-smoke-dev.yml";
  const ofQa = ".github/workflows/longhaul-smoke-qa.yml";
  const theirs = "on: push\njobs: { a: { runs-on: x, steps: [{ run: make }] } }\n";
  let dir: string;
  let cloud: LocalCloud;
  let engine: Awaited<ReturnType<typeof findTools>>;
  let output = "";

  before(async function () {
    this.timeout(toolsLimitMs);
    dir = await mkdtemp(join(tmpdir(), "longhaul-test-"));
    await mkdir(join(dir, "state"));
    engine = await findTools();
    const base = { PATH: process.env.PATH ?? "", HOME: homedir() };
    cloud = await startCloud({ dir, project, act: engine.act.path, base });
    enterCloudEnvironment(process.env, cloud.environment);
  });
  afterEach(() => {
    cloud.github.protect(repository, undefined);
    for (const path of [ofDev, ofQa]) cloud.github.unpush(repository, path);
  });
  after(async () => {
    await cloud.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** The stack of an environment that has only the smoke test. */
  const stackOf = async (environment: string, smokeTest: object = {}): Promise<Stack> => {
    const program = () => {
      const raw = { aws: {}, github: { repository }, fleets: { cloud: {} }, smokeTest };
      const configuration = loadStackConfiguration("local", raw, process.env, "longhaul");
      new SmokeWorkflow(environment, { environment, configuration });
      return Promise.resolve({});
    };
    return LocalWorkspace.createOrSelectStack(
      { stackName: environment, projectName: "smoke", program },
      { workDir: dir, pulumiCommand: await commandOf(engine), envVars: cloud.environment },
    );
  };
  const listen = () => {
    output = "";
    const onOutput = (text: string) => {
      output += text;
    };
    return { onOutput, onError: onOutput };
  };
  const up = async (stack: Stack) => stack.up(listen());
  const destroy = async (stack: Stack) => stack.destroy(listen());
  /** The output of a failed operation, in one line. */
  const failure = async (operation: Promise<unknown>): Promise<string> => {
    await operation.then(
      () => expect.fail("the operation succeeded"),
      () => undefined,
    );
    return output.replaceAll(/\s+/g, " ");
  };
  const file = (path: string) => cloud.github.fileOf(repository, path);

  it("a file of that name that the stack did not create stays unchanged through up and destroy", async () => {
    cloud.github.push(repository, ofDev, theirs);
    const stack = await stackOf("dev");
    expect(await failure(up(stack))).to.include(
      `${ofDev} is in acme/app already and was not made by Longhaul, so it is not overwritten.`,
    );
    await destroy(stack);
    expect(file(ofDev)).to.equal(theirs);
  });

  it("two environments of one repository have a file each, and each removes its own", async () => {
    const [dev, qa] = [await stackOf("dev"), await stackOf("qa")];
    await up(dev);
    await up(qa);
    expect(file(ofDev)).to.match(/^# Made by Longhaul for the environment dev \(/);
    expect(file(ofQa)).to.match(/^# Made by Longhaul for the environment qa \(/);
    await destroy(dev);
    expect(file(ofDev)).to.equal(undefined);
    expect(file(ofQa)).to.be.a("string");
    await destroy(qa);
    expect(file(ofQa)).to.equal(undefined);
  });

  it("of two environments that name the same file the second is refused, and its destroy leaves the file", async () => {
    const [dev, qa] = [await stackOf("dev"), await stackOf("qa", { workflow: "longhaul-smoke-dev.yml" })];
    await up(dev);
    const made = file(ofDev);
    expect(await failure(up(qa))).to.match(
      /and belongs to the environment dev \(account \w+, [\w-]+\), so it is not overwritten\./,
    );
    await destroy(qa);
    expect(file(ofDev)).to.equal(made);
    await destroy(dev);
  });

  it("a file of another name replaces the former one", async () => {
    await up(await stackOf("dev"));
    const renamed = await stackOf("dev", { workflow: "longhaul-smoke-qa.yml" });
    await up(renamed);
    expect(file(ofDev)).to.equal(undefined);
    expect(file(ofQa)).to.match(/^# Made by Longhaul for the environment dev \(/);
    await destroy(renamed);
  });

  it("a stack that has lost its state takes over its own file again", async () => {
    await up(await stackOf("dev"));
    await (await stackOf("dev")).workspace.removeStack("dev", { force: true });
    const again = await stackOf("dev");
    await up(again);
    await destroy(again);
    expect(file(ofDev)).to.equal(undefined);
  });

  it("a replacement by hand creates a deleted file again, and deletes none afterwards", async () => {
    const stack = await stackOf("dev");
    await up(stack);
    cloud.github.unpush(repository, ofDev);
    const { resources } = (await stack.exportStack()).deployment as { resources: { urn: string }[] };
    const { urn } = resources.find((one) => one.urn.endsWith("-workflow"))!;
    await stack.up({ ...listen(), replace: [urn] });
    expect(file(ofDev)).to.match(/^# Made by Longhaul/);
    await destroy(stack);
  });

  it("a refused deletion says what to do, and once that is done the destroy goes through", async () => {
    const stack = await stackOf("dev");
    await up(stack);
    cloud.github.protect(repository, { by: "ruleset", signatures: true });
    const words = await failure(destroy(stack));
    expect(words).to.include("Commits must have verified signatures.");
    expect(words).to.include(`Delete the file ${ofDev} by hand`);
    cloud.github.unpush(repository, ofDev);
    await destroy(stack);
  });

  it("an unmanaged file is used and not changed, whatever the branch requires", async () => {
    cloud.github.protect(repository, { by: "protection", pullRequest: true });
    const smokeTest = { workflow: "longhaul-smoke-qa.yml", manageWorkflow: false };
    const stack = await stackOf("dev", smokeTest);
    expect(await failure(up(stack))).to.include(`The default branch of acme/app has no ${ofQa}`);
    cloud.github.push(repository, ofQa, theirs);
    await up(stack);
    await destroy(stack);
    expect(file(ofQa)).to.equal(theirs);
  });

  it("a stack that hands its file over leaves it behind", async () => {
    await up(await stackOf("dev"));
    const made = file(ofDev);
    const handedOver = await stackOf("dev", { manageWorkflow: false });
    await up(handedOver);
    await destroy(handedOver);
    expect(file(ofDev)).to.equal(made);
  });
});
