import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { functionBundle } from "../../../components/assets/assets.ts";
import { FleetController } from "../../../components/fleet-controller/fleet-controller.ts";
import { functionMemoryMb } from "../../../config/function-memory.ts";
import { loadConfiguration } from "../../../config/load.ts";
import {
  budgetCalls,
  controllerCalls,
  permissionNames,
  sweepCalls,
} from "../../../contract/controller-calls.ts";
import type { ControllerCall } from "../../../contract/controller-calls.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { parseControllerConfiguration } from "../../../contract/controller.ts";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { graphOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { evaluate } from "./harness.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

const hours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "Europe/Berlin" };

/** A file in the function's archive: its text, or its path. */
function fileIn(graph: Graph, name: string): string {
  const { code } = graph.one("Function", "longhaul-dev-controller").inputs as {
    code: { assets: Record<string, { text?: string; path?: string }> };
  };
  const { text, path } = code.assets[name]!;
  return text ?? path!;
}
async function configurationOf(raw: Raw): Promise<ControllerConfiguration> {
  const graph = graphOf(await evaluateStack(raw));
  return parseControllerConfiguration(fileIn(graph, "configuration.json"));
}

describe("the controller of an environment", () => {
  it("has permission for exactly the calls that it makes, and for none that stops or terminates a machine", async () => {
    const graph = graphOf(
      await evaluateStack({
        ...organizationStack,
        wakeOnDemand: { enabled: true },
        budget: { monthlyUsd: 600 },
      }),
    );
    const { inputs } = graph.one("RolePolicy", /^dev-controller-/);
    const { Statement } = JSON.parse(inputs.policy as string) as PolicyDocument;
    const log = Statement.filter(({ Sid }) => Sid === "WriteItsLog");
    // Lambda reads the queue and EC2 creates the grant on the disks' key. Both use the controller's role.
    const others = Statement.filter(({ Sid }) => Sid !== "WriteItsLog" && Sid !== "TakeHints");
    expect(others.flatMap(({ Action }) => Action).sort()).to.deep.equal(
      [...controllerCalls, ...budgetCalls, "kms:CreateGrant"]
        .map((call) => permissionNames[call as ControllerCall] ?? call)
        .sort(),
    );
    expect(log[0]!.Resource).to.deep.equal([
      "arn:aws:logs:eu-central-1:123456789012:log-group:/longhaul/dev/functions/controller:log-stream:*",
    ]);
    const start = Statement.find(({ Action }) => Action.includes("ec2:StartInstances"))!;
    expect(start.Condition).to.deep.equal({
      StringEquals: {
        "aws:ResourceTag/longhaul:project": "longhaul",
        "aws:ResourceTag/longhaul:environment": "dev",
      },
    });
    const write = Statement.find(({ Action }) => Action.includes("ssm:PutParameter"))!;
    expect(write.Resource.map((arn) => arn.split(":parameter")[1]).sort()).to.deep.equal([
      "/longhaul/dev/*/power",
      "/longhaul/dev/_meter",
    ]);
  });

  it("has more memory, and with it more processor time, for more runners", async () => {
    const memory = [1, 500, 501, 3000, 100_000].map((runners) => functionMemoryMb("controller", runners));
    expect(memory).to.deep.equal([256, 256, 512, 1536, 1769]);
    expect(functionMemoryMb("receiver", 100_000)).to.equal(256);
    const memoryIn = async (runnersOfFleets: readonly number[]) => {
      const fleets = runnersOfFleets.map((runners, index) => [
        `cloud${index}`,
        { runners, labels: [`cloud${index}`] },
      ]);
      const raw = { ...repositoryStack, fleets: Object.fromEntries(fleets) as Raw };
      const configuration = loadConfiguration("dev", raw);
      const evaluation = await evaluate(
        () => new FleetController("dev", { environment: "dev", configuration, fleets: [] }),
      );
      return graphOf(evaluation).one("Function", "longhaul-dev-controller").inputs.memorySize;
    };
    expect(await memoryIn([1])).to.equal(256);
    expect(await memoryIn([100, 100, 100, 100, 100, 1])).to.equal(512);
  });

  describe("with a GitHub App", () => {
    const app = { id: 7, installationId: 70 };
    const withApp = { ...organizationStack, wakeOnDemand: { enabled: true, app } };
    const statements = async (raw: Raw) => {
      const { inputs } = graphOf(await evaluateStack(raw)).one("RolePolicy", /^dev-controller-/);
      return (JSON.parse(inputs.policy as string) as PolicyDocument).Statement;
    };
    const secret = "arn:aws:ssm:eu-central-1:123456789012:parameter/longhaul/dev/github/app-key";

    it("may also read the App's key, decrypted with the account's own key, and no other secret", async () => {
      const { kmsKeyArn } = organizationStack.aws as { kmsKeyArn: string };
      const all = await statements(withApp);
      const own = all.filter(({ Sid }) => !/WriteItsLog|TakeHints/.test(Sid));
      const actions = [...controllerCalls, ...sweepCalls, "kms:CreateGrant", "kms:Decrypt"].sort();
      expect(own.flatMap(({ Action }) => Action).sort()).to.deep.equal(actions);
      const read = all.find(({ Action }) => Action.includes("ssm:GetParameter"))!;
      expect(read.Resource).to.deep.equal([secret]);
      const decrypt = all.find(({ Action }) => Action.includes("kms:Decrypt"))!;
      expect(decrypt.Resource).to.deep.equal([kmsKeyArn]);
      expect(decrypt.Condition!.StringEquals).to.deep.equal({
        "kms:ViaService": "ssm.eu-central-1.amazonaws.com",
        "kms:EncryptionContext:PARAMETER_ARN": secret,
      });
    });

    it("needs no permission to decrypt if no KMS key is configured", async () => {
      const all = await statements({ ...repositoryStack, wakeOnDemand: { enabled: true, app } });
      expect(all.flatMap(({ Action }) => Action))
        .to.include("ssm:GetParameter")
        .and.not.to.include("kms:Decrypt");
    });

    it("gets the repositories to ask about, and the address of the environment's GitHub", async () => {
      const { demand } = await configurationOf(withApp);
      expect(demand!.sweep).to.deep.equal({
        apiUrl: "https://api.github.com",
        app,
        keyParameter: "/longhaul/dev/github/app-key",
        owner: "acme",
        repositories: ["tools", "app", "lib"],
      });
      const github = { repository: "acme/app", url: "https://github.example.com" };
      const enterprise = await configurationOf({
        ...repositoryStack,
        github,
        wakeOnDemand: { enabled: true, app },
      });
      expect(enterprise.demand!.sweep).to.deep.include({
        apiUrl: "https://github.example.com/api/v3",
        repositories: ["app"],
      });
    });

    it("does not get the key from the stack", async () => {
      const graph = graphOf(await evaluateStack(withApp));
      expect(graph.all.filter(({ inputs }) => inputs.name === "/longhaul/dev/github/app-key")).to.deep.equal(
        [],
      );
    });
  });

  it("is called at the beginning of each minute, by a role that may call nothing else", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    const { inputs } = graph.one("Schedule", /./);
    expect(inputs).to.deep.include({
      scheduleExpression: "cron(* * * * ? *)",
      flexibleTimeWindow: { mode: "OFF" },
    });
    const policy = graph.one("RolePolicy", /^dev-clock-/).inputs.policy as string;
    expect((JSON.parse(policy) as PolicyDocument).Statement).to.deep.equal([
      {
        Sid: "CallTheController",
        Effect: "Allow",
        Action: ["lambda:InvokeFunction"],
        Resource: ["arn:aws:lambda:eu-central-1:123456789012:function:longhaul-dev-controller"],
      },
    ]);
  });

  it("is called only after its permissions, the fleets' parameters and its own exist", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    const reached = graph.dependenciesOf(graph.one("Schedule", /./));
    expect([...reached]).to.include(graph.one("RolePolicy", /^dev-clock-/).urn);
    for (const name of ["dev-meter", "dev-cloud-power", "dev-cloud-override", "dev-cloud-candidates"]) {
      expect([...reached], name).to.include(graph.one("Parameter", name).urn);
    }
  });

  it("is deleted, with its permissions, before the parameters that it writes, so that a late call cannot write", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    for (const what of [graph.one("RolePolicy", /^dev-controller-/), graph.one("Function", /./)]) {
      const reached = graph.dependenciesOf(what);
      for (const name of ["dev-meter", "dev-cloud-power", "dev-cloud-override", "dev-cloud-known-machines"]) {
        expect([...reached], `${what.name} after ${name}`).to.include(graph.one("Parameter", name).urn);
      }
    }
  });

  it("may have left its parameters behind, so they are overwritten, but only after the log group, which can exist only once", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    const overwritten = graph.ofType("Parameter").filter(({ inputs }) => inputs.overwrite === true);
    expect(overwritten.map(({ name }) => name)).to.have.members([
      "dev-meter",
      "dev-cloud-power",
      "dev-cloud-override",
      "dev-cloud-known-machines",
    ]);
    const logGroup = graph.one("LogGroup", "dev-cloud").urn;
    for (const one of overwritten) expect([...graph.dependenciesOf(one)], one.name).to.include(logGroup);
  });

  it("is not called for a past minute: a failed call is not retried, and an old one is dropped", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    const once = graph.one("FunctionEventInvokeConfig", /./);
    expect(once.inputs).to.deep.equal({
      functionName: "longhaul-dev-controller",
      maximumEventAgeInSeconds: 60,
      maximumRetryAttempts: 0,
    });
    expect([...graph.dependenciesOf(graph.one("Schedule", /./))]).to.include(once.urn);
  });

  it("gets what its decisions depend on, and no secret", async () => {
    const { environment, aws, fleets, addressPrice } = await configurationOf({
      ...repositoryStack,
      fleets: { cloud: { runners: 2, autoShutdown: { workingHours: hours } } },
    });
    expect(environment).to.equal("dev");
    expect(aws.endpoints).to.deep.equal({
      budgets: "https://budgets.amazonaws.com",
      dynamodb: "https://dynamodb.eu-central-1.amazonaws.com",
      ec2: "https://ec2.eu-central-1.amazonaws.com",
      ssm: "https://ssm.eu-central-1.amazonaws.com",
    });
    expect(addressPrice).to.equal(0.005);
    expect(fleets).to.have.lengthOf(1);
    expect(fleets[0]).to.deep.include({ name: "cloud", workingHours: { ...hours, holidays: [] } });
    expect(fleets[0]!.prices.machine).to.be.within(0.1, 0.5);
  });

  it("gets the prices of machines: the fleet's own price, and the region's for all others", async () => {
    const fleets = { cloud: { instanceType: "quantum.large", architecture: "x64", priceUsdPerHour: 3 } };
    const {
      fleets: [cloud],
      priceList,
    } = await configurationOf({ ...repositoryStack, fleets });
    expect(cloud).to.deep.include({ instanceType: "quantum.large" });
    expect(cloud!.prices).to.include({ machine: 3 });
    expect(priceList.machines).to.include({ m5: 0.23 });
    expect(priceList.disks).to.deep.equal([0.0952, 0.006, 0.048]);
  });

  it("has a queue if jobs wake machines; a burst becomes one call, and a message that fails three times is set aside", async () => {
    const graph = graphOf(await evaluateStack({ ...repositoryStack, wakeOnDemand: { enabled: true } }));
    const { redrivePolicy } = graph.one("Queue", "longhaul-dev-controller").inputs;
    expect(JSON.parse(redrivePolicy as string)).to.deep.equal({
      deadLetterTargetArn: "arn:aws:sqs:r:1:longhaul-dev-controller-dead",
      maxReceiveCount: 3,
    });
    expect(graph.one("EventSourceMapping", /./).inputs).to.deep.include({
      eventSourceArn: "arn:aws:sqs:r:1:longhaul-dev-controller",
      maximumBatchingWindowInSeconds: 1,
    });
    const files = parseControllerConfiguration(fileIn(graph, "configuration.json"));
    expect(files.demand).to.deep.equal({
      table: "longhaul-dev-waiting-jobs",
      fleets: [{ name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud", "extended-timeout"] }],
    });
    expect(graphOf(await evaluateOnce(repositoryStack)).ofType("Queue")).to.deep.equal([]);
  });

  it("is one file without packages, small enough to start at once", () => {
    const bundle = readFileSync(functionBundle("controller"));
    expect(gzipSync(bundle).length).to.be.lessThan(60_000);
    const imports = [...bundle.toString().matchAll(/\bfrom"([\w:@/.-]+)"/g)].map(([, name]) => name!);
    expect(imports).to.include("node:crypto");
    expect(imports.filter((name) => !name.startsWith("node:"))).to.deep.equal([]);
  });

  it("runs the bundle that was built", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    expect(fileIn(graph, "controller.mjs")).to.equal(functionBundle("controller"));
    expect(graph.one("Function", /./).inputs).to.include({
      handler: "controller.handler",
      runtime: "nodejs22.x",
    });
  });
});
