import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { OnceReport } from "../../cli/verbs/local/once.ts";
import { findTools, toolsLimitMs } from "../find-tools.ts";
import { installPackages } from "../unit/stack/installed-package.ts";
import type { Workplace } from "./command-line.ts";
import { openWorkplace } from "./command-line.ts";

/** A fleet and its requirements, and nothing else of Longhaul's. */
const program = `
import * as pulumi from "@pulumi/pulumi";
import {
  RunnerFleet, RunnerNetwork, RunnerRegistration, RunnerRoster, createProviders, findLivingMachines, findZones,
  readConfiguration,
} from "longhaul";

export default async function ours(): Promise<void> {
  const environment: string = pulumi.getStack();
  const configuration = readConfiguration(environment);
  const providers = createProviders(environment, configuration, undefined);
  const args = { environment, configuration };
  const living = await findLivingMachines(environment, { provider: providers.aws });
  const zones = await findZones(environment, configuration, living, { provider: providers.aws });
  const network = new RunnerNetwork("ours", { ...args, zones }, { providers });
  const registration = new RunnerRegistration("ours", args, { providers });
  const fleet = new RunnerFleet("ours", { ...args, fleet: "own", network, registration, living }, { providers });
  new RunnerRoster("ours", { ...args, fleet, proof: [] }, { providers });
}
`;

const stack = {
  "ours:aws": { account: "000000000000", region: "us-east-1" },
  "ours:github": { repository: "acme/app" },
  "ours:fleets": { own: { runners: 1 } },
  "ours:smokeTest": { enabled: false },
};

describe("longhaul local, in another user's project with both packages installed", function () {
  this.timeout(600_000);
  let workplace: Workplace;
  let project: string;

  before(async function () {
    this.timeout(toolsLimitMs);
    await findTools();
    workplace = await openWorkplace();
    project = join(workplace.folder, "project");
    await mkdir(project);
    installPackages(project);
    await writeFile(
      join(project, "Pulumi.yaml"),
      stringify({ name: "ours", main: "none.ts", runtime: "nodejs" }),
    );
    await writeFile(join(project, "Pulumi.local.yaml"), stringify({ config: stack }));
    await writeFile(join(project, "ours.ts"), program);
  });
  after(() => workplace.close());

  const local = (...words: string[]) => {
    const command = join(project, "node_modules/longhaul/dist/longhaul.js");
    return workplace.start(process.execPath, command, "local", "--once", "--json", "--cwd", project, ...words)
      .ended;
  };

  it("says how to install the local cloud if it is not installed", async () => {
    const installed = join(project, "node_modules/longhaul-local");
    await rename(installed, `${installed}-away`);
    const { code, stderr } = await local();
    await rename(`${installed}-away`, installed);
    expect(code).to.equal(2);
    expect(stderr.trim()).to.equal(
      "The local cloud is a package of its own, which is not installed here: npm install --save-dev longhaul-local",
    );
  });

  it("refuses a program that does not exist", async () => {
    const { code, stderr } = await local();
    expect(code).to.equal(2);
    expect(stderr).to.include(`There is no program ${join(project, "none.ts")}`);
  });

  it("refuses a program that creates its resources while it is loaded, which happens only once", async () => {
    const path = join(project, "outputs.ts");
    await writeFile(path, "export const machines: string[] = [];\n");
    const { code, stdout } = await local("--program", path);
    expect(code).to.equal(1);
    const { error } = JSON.parse(stdout) as OnceReport;
    expect(error).to.include(`${path} does not export its program as a default function`);
  });

  it("brings its own program up, with the configuration below its own name, and destroys it", async () => {
    const { code, stdout, stderr } = await local("--program", join(project, "ours.ts"));
    expect(code, stderr).to.equal(0);
    const { ok, machines, smoke, destroyed } = JSON.parse(stdout) as OnceReport;
    expect({ ok, smoke, destroyed }).to.deep.equal({ ok: true, smoke: [], destroyed: true });
    expect(machines).to.have.lengthOf(1);
    expect(machines[0]).to.include({ runner: "local-own-1", online: true, inService: true });
  });
});
