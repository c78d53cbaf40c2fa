import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openEnvironment } from "../../../cli/environment.ts";

describe("the environment that a verb works on", () => {
  let project: string;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), "longhaul-environment-"));
    await mkdir(join(project, "deep/below"), { recursive: true });
    await writeFile(join(project, "Pulumi.yaml"), "name: longhaul\n");
    await writeFile(join(project, "Pulumi.dev.yaml"), stackFile("eu-central-1"));
    await writeFile(join(project, "Pulumi.bad.yaml"), stackFile("nowhere"));
  });
  after(() => rm(project, { recursive: true }));

  /** The message of the error, or "nothing". */
  const failure = async (...parameters: Parameters<typeof openEnvironment>): Promise<string> =>
    openEnvironment(...parameters).then(
      () => "nothing",
      (error: unknown) => (error as Error).message,
    );

  it("is read from the stack file of the project that the folder belongs to", async () => {
    const environment = await openEnvironment({ stack: "dev", cwd: join(project, "deep/below") }, {});
    expect(environment).to.include({ name: "dev", project, stackFile: join(project, "Pulumi.dev.yaml") });
    expect(environment.target.aws).to.include({ account: "123456789012", region: "eu-central-1" });
    expect(environment.configuration.fleets.cloud).to.include({ runners: 1, instanceType: "m5.xlarge" });
  });

  it("is read from the keys with the project's name, whatever that is", async () => {
    const ours = join(project, "deep");
    await writeFile(join(ours, "Pulumi.yaml"), "name: ours\n");
    const text = `${stackFile("us-east-1").replaceAll("longhaul:", "ours:")}  longhaul:tags: { ignored: yes }\n`;
    await writeFile(join(ours, "Pulumi.dev.yaml"), text);
    const { configuration } = await openEnvironment({ stack: "dev", cwd: join(ours, "below") }, {});
    expect(configuration.aws.region).to.equal("us-east-1");
    await writeFile(join(ours, "Pulumi.bad.yaml"), text.replace("us-east-1", "nowhere"));
    expect(await failure({ stack: "bad", cwd: ours }, {}))
      .to.include(" ours:aws.region: ")
      .and.not.include("longhaul:");
    await rm(join(ours, "Pulumi.yaml"));
  });

  it("is that of PULUMI_STACK if the command line names none", async () => {
    expect((await openEnvironment({ cwd: project }, { PULUMI_STACK: "dev" })).name).to.equal("dev");
  });

  it("is refused with the next step if it is not named, does not exist or is wrong", async () => {
    expect(await failure({ cwd: project }, {}))
      .to.include("--stack")
      .and.include("PULUMI_STACK");
    expect(await failure({ stack: "prod", cwd: project }, {})).to.include(join(project, "Pulumi.prod.yaml"));
    expect(await failure({ stack: "dev", cwd: "/" }, {})).to.include("--cwd");
    expect(await failure({ stack: "bad", cwd: project }, {})).to.include("longhaul:aws.region");
  });
});

const stackFile = (region: string) => `
config:
  aws:region: ignored
  longhaul:aws: { account: "123456789012", region: ${region} }
  longhaul:github: { repository: acme/app }
  longhaul:fleets: { cloud: { runners: 1 } }
`;
