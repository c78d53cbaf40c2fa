import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { loadStackConfiguration, readStackConfiguration } from "../../../config/load.ts";
import { localCloudVariable } from "../../../contract/local-cloud.ts";
import { configurationSchema } from "../../../config/schema.ts";
import { otherValues } from "./leaf-changes.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

interface StackFile {
  config?: Record<string, unknown>;
}

/** Reads a stack file as Pulumi passes it on: maps as JSON text. */
function evaluate(environment: string, config: Record<string, unknown>) {
  const all = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const raw = readStackConfiguration(Object.fromEntries(all) as Record<string, string>, "longhaul");
  return loadStackConfiguration(environment, raw, { [localCloudVariable]: localCloud }, "longhaul");
}

const address = "http://127.0.0.1:4566";
const localCloud = JSON.stringify({
  account: "000000000000",
  region: "us-east-1",
  endpoints: {
    ec2: address,
    ssm: address,
    monitoring: address,
    logs: address,
    dynamodb: address,
    sqs: address,
    sts: address,
    iam: address,
    budgets: address,
  },
  githubUrl: address,
  runnerUrl: `${address}/runner.tar.gz`,
  runnerSha256: "0".repeat(64),
  agent: { pollSeconds: 1, quietSeconds: 1, spreadSeconds: 1, staySeconds: 1 },
});

describe("every stack file", () => {
  const files = readdirSync(root).filter((name) => /^Pulumi\..+\.yaml$/.test(name));

  it("exists: dev and local", () => {
    expect(files).to.include.members(["Pulumi.dev.yaml", "Pulumi.local.yaml"]);
  });

  for (const file of files) {
    it(`${file} is a valid configuration`, () => {
      const { config = {} } = parse(read(file)) as StackFile;
      const environment = file.split(".").slice(1, -1).join(".");
      expect(Object.keys(evaluate(environment, config).fleets)).not.to.deep.equal([]);
    });
  }

  it("Pulumi.dev.yaml shows every key of the schema", () => {
    const text = read("Pulumi.dev.yaml");
    const keys = Object.keys(otherValues).flatMap((leaf) => leaf.split(".").filter((key) => key !== "*"));
    const absent = [...new Set(keys)].filter(
      (key) => !new RegExp(`^\\s*(# +|- )?(longhaul:)?${key}:`, "m").test(text),
    );
    expect(absent).to.deep.equal([]);
  });

  it("Pulumi.local.yaml is the local cloud's environment: two runners of acme/app and a test of 360 minutes", () => {
    const { github, fleets, smokeTest } = evaluate(
      "local",
      (parse(read("Pulumi.local.yaml")) as Required<StackFile>).config,
    );
    expect(github.repository).to.equal("acme/app");
    expect(fleets).to.have.all.keys("cloud");
    expect(fleets.cloud!.runners).to.equal(2);
    expect(smokeTest.minutes).to.equal(360);
  });
});

describe("Pulumi.yaml", () => {
  const project = parse(read("Pulumi.yaml")) as {
    name: string;
    main: string;
    config: Record<string, { type: string; default?: unknown }>;
  };

  it("declares the schema's sections, and requires those without a default", () => {
    const sections = Object.entries(configurationSchema.shape).map(([name, section]) => [
      `longhaul:${name}`,
      !section.safeParse(undefined).success,
    ]);
    const declared = Object.entries(project.config).map(([name, { default: fallback }]) => [
      name,
      fallback === undefined,
    ]);
    expect(Object.fromEntries(declared)).to.deep.equal(Object.fromEntries(sections));
  });

  it("runs index.ts and nothing else", () => {
    expect(project).to.include({ name: "longhaul", main: "index.ts" });
  });
});

describe("every YAML example of the documentation", () => {
  const documents = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter(
    (file) => file.endsWith(".md") && existsSync(join(root, file)),
  );
  for (const file of documents) {
    const examples = [...read(file).matchAll(/^```ya?ml\n(.*?)^```/gms)].map((match) => match[1]!);
    examples.forEach((example, index) => {
      it(`${file}, example ${index + 1}, parses, and loads if it is a stack's configuration`, () => {
        const document = parse(example) as StackFile;
        if (document.config) evaluate("dev", document.config);
      });
    });
  }

  it("is found: the reference has two", () => {
    expect(read("docs/configuration.md").match(/^```yaml$/gm)).to.have.length(2);
  });
});
