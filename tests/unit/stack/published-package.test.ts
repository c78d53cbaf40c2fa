import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "chai";
import { Range, subset } from "semver";
import type { StackOutputs } from "../../../components/index.ts";
import lock from "../../../package-lock.json" with { type: "json" };
import local from "../../../local/package.json" with { type: "json" };
import project from "../../../package.json" with { type: "json" };
import type { Registration } from "../components/harness.ts";
import {
  budgetStack,
  evaluateStack,
  organizationStack,
  repositoryStack,
} from "../components/stack-program.ts";
import { compile, makeConsumer, packedFiles } from "./installed-package.ts";

const root = join(import.meta.dirname, "../../..");

describe("the published files", () => {
  it("are those that the package uses, without sources, tests and stack files", () => {
    const used = [
      /^(package\.json|README\.md|LICENSE)$/,
      /^dist\/(agent|controller|receiver)\.mjs$/,
      /^dist\/(index|main|longhaul)\.js$/,
      /^dist\/chunks\/[^/]+\.js$/,
      /^dist\/types\/(components|config|contract)\/.+\.d\.ts$/,
      /^docs\/.+\.md$/, // Messages name them.
      /^runtime\/agent\/(boot\/)?[^/]+\.sh$/,
      /^validation\/workflows\/longhaul-smoke\.yml$/,
    ];
    expect(project).to.not.have.property("private");
    const files = packedFiles();
    expect(files.filter((path) => !used.some((pattern) => pattern.test(path)))).to.deep.equal([]);
    expect(files).to.include.members([
      "LICENSE",
      "dist/index.js",
      "dist/longhaul.js",
      "docs/troubleshooting.md",
    ]);
  });

  it("are, for the local cloud, those that it and its machines run, without sources", () => {
    const used = [
      /^(package\.json|README\.md|LICENSE|dist\/index\.js|engine\/go\.(mod|sum))$/,
      /^dist\/programs\/[^/]+\.cjs$/,
      /^machines\/commands\/(amzn\/)?[^/]+$/,
      /^runner\/layout\//,
    ];
    const files = packedFiles(join(root, "local"));
    expect(files.filter((path) => !used.some((pattern) => pattern.test(path)))).to.deep.equal([]);
    // npm does not publish symbolic links.
    const commands = readdirSync(join(root, "local/machines/commands"), {
      recursive: true,
      withFileTypes: true,
    });
    for (const { parentPath, name } of commands.filter((entry) => !entry.isDirectory())) {
      expect(files).to.include(relative(join(root, "local"), join(parentPath, name)));
    }
  });

  it("contain the whole text of the licence that package.json names", () => {
    expect(project.license).to.equal("Apache-2.0");
    const text = readFileSync(join(root, "LICENSE"), "utf8");
    expect(text).to.match(/^\s+Apache License\n\s+Version 2\.0, January 2004\n/);
    expect(text).to.include("END OF TERMS AND CONDITIONS");
  });

  it("allow later minor versions of the Pulumi packages with which they are tested", () => {
    const tested: Record<string, string> = project.devDependencies;
    for (const [name, range] of Object.entries({ ...project.peerDependencies, ...local.peerDependencies })) {
      if (name !== "longhaul-local") expect(range, name).to.equal(`^${tested[name]!}`);
    }
  });

  it("form two packages of one version", () => {
    expect(local.version).to.equal(project.version);
    expect(project.peerDependencies["longhaul-local"]).to.equal(project.version);
    expect(local).to.deep.include({ license: project.license, engines: project.engines });
    expect(readFileSync(join(root, "local/LICENSE"), "utf8")).to.equal(
      readFileSync(join(root, "LICENSE"), "utf8"),
    );
  });
});

describe("npm ci", () => {
  const packages = Object.entries(
    lock.packages as Record<
      string,
      { engines?: { node?: string }; deprecated?: string; hasInstallScript?: true }
    >,
  );

  it("accepts every version of Node that the project supports", () => {
    const refusing = packages
      .filter(([, { engines }]) => !subset(new Range(project.engines.node), new Range(engines?.node ?? "*")))
      .map(([path, { engines }]) => `${path} wants Node ${engines?.node ?? "*"}`);
    expect(refusing).to.deep.equal([]);
  });

  it("installs nothing deprecated, and each package with an install script is listed in allowScripts", () => {
    expect(packages.filter(([, { deprecated }]) => deprecated !== undefined)).to.deep.equal([]);
    const scripted = packages
      .filter(([path, { hasInstallScript }]) => path !== "" && hasInstallScript)
      .map(([path]) => path.split("node_modules/").at(-1)!);
    expect(Object.keys(project.allowScripts)).to.have.members(scripted);
  });

  it("needs the versions of Node that the README names", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    expect(readme).to.include(`\`${project.engines.node}\``);
  });
});

describe("the package, installed in a user's own project", function () {
  this.timeout(240_000); // The compiler reads Pulumi's declarations three times.
  let folder: string;
  let path: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "longhaul-consumer-"));
    path = makeConsumer(folder);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const resolution of ["node16", "nodenext", "bundler"] as const) {
    it(`has types with the module resolution ${resolution}`, () => {
      expect(compile(path, resolution)).to.deep.equal([]);
    });
  }

  it("builds what the stack builds, with imports only from the package", async () => {
    const { default: program } = (await import(path)) as { default: () => Promise<StackOutputs> };
    const installed = join(folder, "node_modules/longhaul");
    /** The registrations as sorted text, with the same folder for the files that are uploaded. */
    const comparable = (registrations: Registration[]) =>
      registrations.map((one) => JSON.stringify(one).replaceAll(installed, root)).sort();
    for (const raw of [repositoryStack, organizationStack, budgetStack]) {
      const theirs = await evaluateStack(raw, {}, program);
      const ours = await evaluateStack(raw);
      expect(comparable(theirs.registrations)).to.deep.equal(comparable(ours.registrations));
    }
  });

  it("has the operator's command", () => {
    const command = join(folder, "node_modules/longhaul/dist/longhaul.js");
    const help = execFileSync(process.execPath, [command, "--help"], { encoding: "utf8" });
    expect(help).to.include("status");
  });
});
