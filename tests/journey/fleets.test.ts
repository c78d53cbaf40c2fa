import { GetParameterCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { parseMachineName } from "../../contract/names.ts";
import { fleetParameters, tokenParameter } from "../../contract/parameters.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { rosterOf } from "./one-runner.ts";

describe("two fleets in one stack", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  /** Instance ids of local-cloud-1, local-cloud-2 and local-nightly-1. */
  let machines: [first: string, second: string, other: string];

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment({ wire: { requeueSeconds: 15 } });
    await environment.configure((config) => {
      // One image has apt-get, the other dnf.
      const image = { distribution: "amazon-linux-2023" };
      config["longhaul:fleets"] = { cloud: { runners: 2 }, nightly: { labels: ["nightly", "long"], image } };
      config["longhaul:smokeTest"] = { minutes: 2 };
    });
    await environment.up();
    const ids = [...rosterOf(environment, "cloud"), ...rosterOf(environment, "nightly")];
    expect(ids).to.have.length(3);
    machines = ids as typeof machines;
    environment.cloud.clock.setFactor(600);
  });
  after(() => environment.close());

  it("are each in service with their own labels", () => {
    const { github } = environment.cloud;
    const labels = github.runners().map(({ name, systemLabels, customLabels }) => ({
      runner: parseMachineName(name)!.runner,
      labels: [...systemLabels, ...customLabels].filter((label) => label !== name),
    }));
    const system = ["self-hosted", "linux", "x64"];
    expect(labels).to.have.deep.members([
      { runner: "local-cloud-1", labels: [...system, "cloud", "extended-timeout"] },
      { runner: "local-cloud-2", labels: [...system, "cloud", "extended-timeout"] },
      { runner: "local-nightly-1", labels: [...system, "nightly", "long"] },
    ]);
  });

  it("get the jobs that ask for their labels", async () => {
    const { github } = environment.cloud;
    github.push("acme/app", ".github/workflows/two-fleets.yml", jobForEach(["cloud", "nightly"]));
    const { jobs } = github.dispatch("acme/app", "two-fleets.yml");
    // GitHub sends a message again if it met a poll that its runner had just given
    // up: here after a quarter of GitHub's minute.
    await eventually("both jobs are over", () => jobs.every(({ status }) => status === "completed"));
    const taken = jobs.map(({ key, conclusion, runner }) => [key, conclusion, runner!.name.split("-")[1]]);
    expect(taken).to.deep.equal([
      ["cloud", "success", "cloud"],
      ["nightly", "success", "nightly"],
    ]);
  });

  it("a machine's own role decrypts its own registration token, and no other machine's", async () => {
    const [first, second, other] = machines;
    const token = (fleet: string, id: string) => tokenParameter("local", fleet, id);
    const open = (as: string, Name: string) =>
      codeOf(as, (ssm) => ssm.send(new GetParameterCommand({ Name, WithDecryption: true })));
    expect(await open(first, token("cloud", first)), "its own").to.equal("success");
    expect(await open(first, token("cloud", second)), "its neighbour's").to.equal("AccessDeniedException");
    expect(await open(second, token("cloud", first)), "the other way round").to.equal(
      "AccessDeniedException",
    );
    expect(await open(first, token("nightly", other)), "another fleet's").to.equal("AccessDeniedException");
  });

  it("a machine's own role reads its own fleet's lists, and no other fleet's", async () => {
    const [first] = machines;
    const read = (fleet: string) =>
      codeOf(first, (ssm) =>
        ssm.send(new GetParametersCommand({ Names: [fleetParameters("local", fleet).roster] })),
      );
    expect(await read("cloud")).to.equal("success");
    expect(await read("nightly")).to.equal("AccessDeniedException");
  });

  /** The result of a call with the credentials that a machine gets from its metadata service. */
  async function codeOf(instanceId: string, call: (ssm: SSMClient) => Promise<unknown>): Promise<string> {
    const { aws, urls, environment: variables } = environment.cloud;
    const { accessKeyId, secretAccessKey, token } = aws.credentialsOf(instanceId)!;
    const credentials = { accessKeyId, secretAccessKey, sessionToken: token! };
    const ssm = new SSMClient({ region: variables.AWS_REGION!, endpoint: urls.aws, credentials });
    try {
      await call(ssm);
      return "success";
    } catch (error) {
      return (error as Error).name;
    } finally {
      ssm.destroy();
    }
  }
});

function jobForEach(labels: readonly string[]): string {
  const jobs = labels.map(
    (label) => `  ${label}: {runs-on: [self-hosted, ${label}], steps: [{run: "true"}]}`,
  );
  return ["name: Two fleets", "on: workflow_dispatch", "jobs:", ...jobs, ""].join("\n");
}
