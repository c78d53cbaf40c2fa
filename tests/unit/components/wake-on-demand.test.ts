import { readFileSync } from "node:fs";
import { expect } from "chai";
import { WakeOnDemand } from "../../../components/wake-on-demand/wake-on-demand.ts";
import { receiverStatements } from "../../../components/wake-on-demand/receiver-policy.ts";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { receiverCalls } from "../../../contract/receiver.ts";
import { parseReceiverConfiguration } from "../../../contract/receiver.ts";
import { graphOf } from "./graph.ts";
import { evaluate, unknownMarker, valueOf } from "./harness.ts";
import type { Registration } from "./harness.ts";
import { canaries } from "./mock-cloud.ts";
import { organizationStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

/** Pulumi's mark of a wrapped secret. */
const secretKey = "4dabf18193072939515e22adb298388d";
const queue = { arn: "arn:aws:sqs:eu-central-1:123456789012:controller", url: "https://sqs/controller" };

async function evaluated(raw: Raw = repositoryStack, preview = false) {
  const configuration = loadConfiguration("dev", { ...raw, wakeOnDemand: { enabled: true } });
  const evaluation = await evaluate(
    () => new WakeOnDemand("dev", { environment: "dev", configuration, queue }),
    {
      preview,
    },
  );
  return { ...evaluation, graph: graphOf(evaluation) };
}

/** The files of a function's archive. */
function filesOf({ inputs }: Registration): Record<string, string> {
  const { assets } = inputs.code as { assets: Record<string, { text?: string; path?: string }> };
  return Object.fromEntries(
    Object.entries(assets).map(([name, { text, path }]) => [name, text ?? readFileSync(path!, "utf8")]),
  );
}

describe("waking on demand", () => {
  it("keeps the names of its resources, because another name makes another resource", async () => {
    const { graph } = await evaluated();
    const names = graph.all.map(({ type, name }) =>
      `${type.split(":").at(-1)} ${name}`.replace(/[0-9a-f]{10}$/, "#"),
    );
    expect(names.sort()).to.deep.equal([
      "Command dev-webhook-secret",
      "Function longhaul-dev-receiver",
      "FunctionUrl longhaul-dev-receiver",
      "LogGroup longhaul-dev-receiver",
      "Parameter dev-webhook-secret",
      "RepositoryWebhook dev",
      "Role dev-receiver-#",
      "RolePolicy dev-receiver-#",
      "Table longhaul-dev-waiting-jobs",
      "WakeOnDemand dev",
    ]);
  });

  it("subscribes to the repository's jobs, signed with the secret that the receiver reads", async () => {
    const { graph, result } = await evaluated();
    const { inputs } = graph.one("RepositoryWebhook", "dev");
    expect(inputs).to.deep.include({ repository: "app", events: ["workflow_job"], active: true });
    expect(inputs.configuration).to.deep.include({ contentType: "json", insecureSsl: false });
    expect(await valueOf(result.url)).to.equal("https://longhaul-dev-receiver.lambda-url.r.on.aws/");
    const parameter = graph.one("Parameter", "dev-webhook-secret").inputs;
    expect(parameter).to.include({ name: "/longhaul/dev/webhook/secret", type: "SecureString" });
    expect(parameter.value).to.deep.include({ value: canaries.webhookSecret });
  });

  it("subscribes to an organisation's jobs", async () => {
    const { graph } = await evaluated(organizationStack);
    expect(graph.one("OrganizationWebhook", "dev").inputs).not.to.have.property("repository");
    expect(graph.ofType("RepositoryWebhook")).to.deep.equal([]);
  });

  it("makes the webhook after the secret, the table and the receiver", async () => {
    const { graph } = await evaluated();
    const reached = graph.dependenciesOf(graph.one("RepositoryWebhook", "dev"));
    for (const type of ["Parameter", "Table", "FunctionUrl", "Function", "RolePolicy", "LogGroup"]) {
      expect(reached, type).to.include(graph.ofType(type)[0]!.urn);
    }
  });

  it("shows its secret neither in a request nor in the Command's log", async () => {
    const { graph, registrations } = await evaluated(organizationStack);
    const clear = JSON.stringify(
      registrations.map(({ inputs }) => inputs),
      (_key, value: unknown) =>
        typeof value === "object" && value !== null && secretKey in value ? "[secret]" : value,
    );
    expect(clear).to.include("[secret]").and.not.to.include("CANARY");
    const command = graph.one("Command", "dev-webhook-secret");
    expect(command.inputs).to.include({ logging: "none" });
    expect(command.additionalSecretOutputs, "its output is in the state").to.deep.equal(["stdout"]);
  });

  it("makes its secret once", async () => {
    const { graph } = await evaluated();
    expect(graph.one("Command", "dev-webhook-secret").ignoreChanges).to.deep.equal(["*"]);
  });

  it("deploys one file without packages, and its configuration in another", async () => {
    const { graph } = await evaluated(organizationStack);
    const code = graph.one("Function", "longhaul-dev-receiver");
    expect(code.inputs).to.deep.include({
      handler: "receiver.handler",
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      environment: { variables: { LONGHAUL_QUEUE_URL: queue.url } },
    });
    const files = filesOf(code);
    expect(Object.keys(files)).to.deep.equal(["configuration.json", "receiver.mjs"]);
    expect(files["receiver.mjs"]!.length).to.be.lessThan(100_000);
    const imports = [...files["receiver.mjs"]!.matchAll(/\bfrom"([^"]+)"/g)].map(([, name]) => name);
    expect(imports.filter((name) => !name!.startsWith("node:"))).to.deep.equal([]);
    const received = parseReceiverConfiguration(files["configuration.json"]!);
    expect(received).to.deep.equal({
      environment: "dev",
      region: "eu-central-1",
      endpoints: {
        ssm: "https://ssm.eu-central-1.amazonaws.com",
        dynamodb: "https://dynamodb.eu-central-1.amazonaws.com",
        sqs: "https://sqs.eu-central-1.amazonaws.com",
      },
      table: "longhaul-dev-waiting-jobs",
      secretParameter: "/longhaul/dev/webhook/secret",
      owner: "acme",
      repositories: ["tools", "app", "lib"],
      fleets: [
        { name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud", "extended-timeout"] },
        { name: "arm", labels: ["self-hosted", "linux", "arm64", "arm-cloud"] },
      ],
    });
  });

  it("lets DynamoDB delete an expired job's item, and costs nothing without writes", async () => {
    const { graph } = await evaluated();
    expect(graph.one("Table", "longhaul-dev-waiting-jobs").inputs).to.deep.include({
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      ttl: { attributeName: "expiresAt", enabled: true },
    });
  });

  it("can be previewed before any of it exists", async () => {
    const { graph } = await evaluated(repositoryStack, true);
    const { configuration } = graph.one("RepositoryWebhook", "dev").inputs;
    expect(JSON.stringify(configuration)).to.include(unknownMarker);
  });
});

describe("the receiver's role", () => {
  const aws = { account: "123456789012", region: "eu-central-1" };

  it("permits the receiver's calls and its log, each on one resource", async () => {
    const { inputs } = (await evaluated()).graph.one("RolePolicy", /./);
    const { Statement } = JSON.parse(inputs.policy as string) as PolicyDocument;
    const actions = Statement.flatMap(({ Action }) => Action);
    expect(actions.sort()).to.deep.equal(
      [...receiverCalls, "logs:CreateLogStream", "logs:PutLogEvents"].sort(),
    );
    expect(Statement.flatMap(({ Resource }) => Resource)).to.deep.equal([
      "arn:aws:dynamodb:eu-central-1:123456789012:table/longhaul-dev-waiting-jobs",
      queue.arn,
      "arn:aws:ssm:eu-central-1:123456789012:parameter/longhaul/dev/webhook/secret",
      "arn:aws:logs:eu-central-1:123456789012:log-group:/longhaul/dev/functions/receiver:log-stream:*",
    ]);
  });

  it("permits the account's own key only for the secret", () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1";
    const statement = receiverStatements("dev", { ...aws, kmsKeyArn }, queue.arn).at(-1)!;
    expect(statement).to.deep.include({ Action: ["kms:Decrypt"], Resource: [kmsKeyArn] });
    expect(statement.Condition!.StringEquals).to.deep.equal({
      "kms:ViaService": "ssm.eu-central-1.amazonaws.com",
      "kms:EncryptionContext:PARAMETER_ARN":
        "arn:aws:ssm:eu-central-1:123456789012:parameter/longhaul/dev/webhook/secret",
    });
  });
});
