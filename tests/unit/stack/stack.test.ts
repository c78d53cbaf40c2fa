import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { graphOf } from "../components/graph.ts";
import { valueOf } from "../components/harness.ts";
import type { Registration } from "../components/harness.ts";
import { instanceIdOf, smokeRun } from "../components/mock-cloud.ts";
import {
  evaluateOnce,
  evaluateStack,
  organizationStack,
  repositoryStack,
} from "../components/stack-program.ts";
import type { Raw } from "../components/stack-program.ts";

const localCloud = {
  account: "000000000000",
  region: "eu-central-1",
  endpoints: Object.fromEntries(
    ["ec2", "ssm", "monitoring", "logs", "dynamodb", "sqs", "sts", "iam", "budgets"].map((service) => [
      service,
      "http://127.0.0.1:4566",
    ]),
  ),
  githubUrl: "http://127.0.0.1:4567",
  runnerUrl: "http://127.0.0.1:4567/runner.tar.gz",
  runnerSha256: "a".repeat(64),
  agent: { pollSeconds: 1, quietSeconds: 1, spreadSeconds: 1, staySeconds: 1 },
};
const variables = { LONGHAUL_LOCAL: JSON.stringify(localCloud) };

/** A stack file's values below the project's name. */
function stackFile(file: string): Raw {
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^longhaul:/, ""), value]),
  );
}

async function failureOf(evaluation: Promise<unknown>): Promise<string> {
  return evaluation.then(
    () => "nothing failed",
    (error: unknown) => (error as Error).message,
  );
}

describe("the stack", () => {
  it("outputs the machines with all their names", async () => {
    const { registrations, result } = await evaluateOnce(organizationStack);
    const ids = graphOf({ registrations })
      .ofType("Instance")
      .map(({ name }) => instanceIdOf(name));
    const machines = await Promise.all(
      result.machines.map(async ({ fleet, runner, instanceId, name }) => {
        const id = await valueOf(instanceId);
        expect(await valueOf(name)).to.equal(`${runner}-${id}`);
        expect(ids).to.include(id);
        return `${fleet} ${runner}`;
      }),
    );
    expect(machines).to.deep.equal([
      "cloud dev-cloud-1",
      "cloud dev-cloud-2",
      "cloud dev-cloud-3",
      "arm dev-arm-1",
    ]);
  });

  it("outputs the smoke runs and how to follow them", async () => {
    const { result } = await evaluateOnce(repositoryStack);
    expect(await valueOf(result.smoke)).to.deep.equal([smokeRun]);
    expect(await valueOf(result.follow)).to.deep.equal([`npx longhaul smoke follow ${smokeRun.runUrl}`]);
  });

  it("outputs how a workflow selects each fleet", async () => {
    const { result } = await evaluateOnce(organizationStack);
    expect(result.fleets).to.deep.equal({
      cloud: {
        labels: ["self-hosted", "cloud", "extended-timeout"],
        variable: "LONGHAUL_DEV_CLOUD",
        runsOn: "${{ fromJSON(vars.LONGHAUL_DEV_CLOUD) }}",
      },
      arm: {
        labels: ["self-hosted", "arm-cloud"],
        variable: "LONGHAUL_DEV_ARM",
        runsOn: "${{ fromJSON(vars.LONGHAUL_DEV_ARM) }}",
      },
    });
  });

  it("creates the environment of its name", async () => {
    const { registrations } = await evaluateStack(repositoryStack, { environment: "prod" });
    const { inputs } = graphOf({ registrations }).one("Instance", /^prod-cloud-1-/);
    expect(inputs.tags).to.include({ "longhaul:environment": "prod" });
  });

  it("warns of a fleet that would sleep for ever, and creates it nevertheless", async () => {
    const { warn } = console;
    const warnings: string[] = [];
    console.warn = (line: string) => void warnings.push(line);
    try {
      const raw = { ...repositoryStack, fleets: { cloud: { autoShutdown: { idleMinutes: 30 } } } };
      const { registrations } = await evaluateStack(raw);
      expect(graphOf({ registrations }).ofType("Instance")).to.not.deep.equal([]);
    } finally {
      console.warn = warn;
    }
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include(
      "longhaul:fleets.cloud.autoShutdown.idleMinutes puts its machines to sleep",
    );
  });

  it("registers nothing if its configuration is refused, and reports all errors", async () => {
    const raw = { ...repositoryStack, fleets: { cloud: { runners: 0, labels: ["a,b"] } } };
    const registrations: Registration[] = [];
    const failure = await failureOf(evaluateStack(raw, { registrations }));
    expect(failure)
      .to.include("longhaul:fleets.cloud.runners")
      .and.to.include("longhaul:fleets.cloud.labels[0]");
    expect(registrations).to.deep.equal([]);
  });

  it("names a wrong key as the stack file of its project does", async () => {
    const raw = { ...repositoryStack, fleets: { cloud: { runners: 0 } } };
    expect(await failureOf(evaluateStack(raw, { project: "ours" })))
      .to.include(" ours:fleets.cloud.runners: ")
      .and.not.include("longhaul:");
  });
});

describe("the environment local", () => {
  it("is refused if no local cloud is named", async () => {
    const failure = await failureOf(evaluateStack(repositoryStack, { environment: "local" }));
    expect(failure).to.include("npx longhaul local");
  });

  it("reaches the local cloud and nothing else", async () => {
    const { registrations } = await evaluateStack(stackFile("Pulumi.local.yaml"), {
      environment: "local",
      variables,
    });
    const graph = graphOf({ registrations });
    expect(graph.one("github", "local").inputs.baseUrl).to.equal("http://127.0.0.1:4567/");
    const { inputs } = graph.one("aws", "local");
    expect(inputs.allowedAccountIds).to.equal('["000000000000"]');
    expect(JSON.parse(String(inputs.endpoints))).to.deep.equal([
      Object.fromEntries(
        ["ec2", "ssm", "cloudwatch", "logs", "dynamodb", "sqs", "sts", "iam", "budgets"].map((service) => [
          service,
          "http://127.0.0.1:4566",
        ]),
      ),
    ]);
  });

  it("is the only environment that the local cloud's variable affects", async () => {
    const { registrations } = await evaluateStack(repositoryStack, { variables });
    expect(graphOf({ registrations }).one("aws", "dev").inputs).not.to.have.property("endpoints");
  });
});

describe("every stack file", () => {
  for (const file of readdirSync(".").filter((name) => /^Pulumi\..+\.yaml$/.test(name))) {
    it(`${file} creates an environment`, async () => {
      const environment = file.split(".")[1]!;
      const { registrations } = await evaluateStack(stackFile(file), { environment, variables });
      expect(graphOf({ registrations }).ofType("Instance")).not.to.be.empty;
    });
  }
});
