import { expect } from "chai";
import { makerOfWorkflow } from "../../../contract/smoke-workflow.ts";
import { smokeMinutes } from "../../../components/smoke-test/smoke-test.ts";
import { graphOf, requestOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { instanceIdOf } from "./mock-cloud.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

const target = {
  environment: "dev",
  aws: { account: "123456789012", region: "eu-central-1", endpoints: {} },
  github: { apiUrl: "https://api.github.com", url: "https://github.com", owner: "acme" },
};
const smoke = { owner: "acme", repository: "tools", workflow: "longhaul-smoke-dev.yml" };

describe("the Commands of an environment", () => {
  let graph: Graph;
  before(async () => {
    graph = graphOf(await evaluateOnce(organizationStack));
  });
  const machine = (runner: string) => ({
    runner,
    instanceId: instanceIdOf(graph.one("Instance", new RegExp(`^${runner}-`)).name),
  });

  it("are the same text on every computer, and get the request in a variable", () => {
    const scripts = graph.ofType("Command").map(({ name, inputs }) => {
      const { create, update, delete: remove } = inputs;
      return [
        name.replace(/^(?!.*guard).*-(await|settle|workflow)$|.*(guard)$|.*/, "$1$2") || "smoke",
        create,
        update,
        remove,
      ];
    });
    const say = (verb: string) =>
      `node -e 'import("longhaul/main").then(({ main }) => main(process.argv.slice(1)))' ${verb}`;
    expect([...new Set(scripts.map((script) => JSON.stringify(script)))].sort()).to.deep.equal(
      [
        ["await", say("await"), say("await"), undefined],
        ["guard", undefined, undefined, say("drain")],
        ["settle", say("settle"), say("settle"), undefined],
        ["smoke", say("smoke dispatch"), undefined, undefined],
        ["workflow", say("smoke publish"), say("smoke publish"), say("smoke withdraw")],
      ].map((script) => JSON.stringify(script)),
    );
  });

  it("run again only for another request or another roster", () => {
    for (const { inputs, name } of graph.ofType("Command")) {
      const { create, update, delete: remove, environment, ...others } = inputs;
      expect([create, update, remove].filter(Boolean), name).not.to.be.empty;
      expect(others, name).to.deep.equal({});
      const variables = name.endsWith("-settle")
        ? ["LONGHAUL_ROSTER", "LONGHAUL_REQUEST"]
        : ["LONGHAUL_REQUEST"];
      expect(environment, name).to.have.all.keys(variables);
    }
  });

  const { kmsKeyArn } = organizationStack.aws as { kmsKeyArn: string };

  it("the request of await has each machine, the fleet's labels and the tokens' key", () => {
    expect(requestOf(graph.one("Command", "dev-cloud-await"))).to.deep.equal({
      target,
      fleet: "cloud",
      machines: ["dev-cloud-1", "dev-cloud-2", "dev-cloud-3"].map(machine),
      labels: ["self-hosted", "linux", "x64", "cloud", "extended-timeout"],
      onlineWithinMinutes: 15,
      ownTags: {},
      kmsKeyArn,
    });
  });

  it("the request of settle has the fleet's labels and the tokens' key, and another roster runs it again", () => {
    const settle = graph.one("Command", "dev-arm-settle");
    expect(requestOf(settle)).to.deep.equal({
      target,
      fleet: "arm",
      labels: ["self-hosted", "linux", "arm64", "arm-cloud"],
      ownTags: {},
      kmsKeyArn,
    });
    const { instanceId } = machine("dev-arm-1");
    expect(settle.inputs.environment).to.have.property(
      "LONGHAUL_ROSTER",
      JSON.stringify({ machines: [instanceId] }),
    );
  });

  it("the workflow's file names its environment in its name and in its first line", () => {
    const { text, ...request } = requestOf(
      graph.one("Command", "dev-acme-tools-longhaul-smoke-dev.yml-workflow"),
    );
    expect(request).to.deep.equal({ target, smoke });
    expect(makerOfWorkflow(String(text))).to.match(/^dev \(/);
    expect(text).to.include("workflow_dispatch");
  });

  it("a workflow that Longhaul does not manage is passed without a text, under the same name", async () => {
    const smokeTest = {
      ...(organizationStack.smokeTest as object),
      workflow: "mine.yml",
      manageWorkflow: false,
    };
    const unmanaged = graphOf(await evaluateStack({ ...organizationStack, smokeTest }));
    expect(requestOf(unmanaged.one("Command", "dev-acme-tools-mine.yml-workflow"))).to.deep.equal({
      target,
      smoke: { ...smoke, workflow: "mine.yml" },
    });
  });

  it("another case of the repository's name leaves the workflow the same resource", async () => {
    const github = { repository: "Acme/App" };
    const graphed = graphOf(await evaluateStack({ ...repositoryStack, github }));
    expect(graphed.ofType("Command").map(({ name }) => name)).to.include(
      "dev-acme-app-longhaul-smoke-dev.yml-workflow",
    );
  });

  it("the smoke test holds a fleet's first machine in full and the others for two minutes", () => {
    const minutes = graph
      .ofType("Command")
      .filter(({ inputs }) => String(inputs.create).endsWith("smoke dispatch"))
      .map((command) => requestOf(command) as { machine: { runner: string }; minutes: number })
      .map((request) => [request.machine.runner, request.minutes]);
    expect(Object.fromEntries(minutes)).to.deep.equal({
      "dev-cloud-1": 360,
      "dev-cloud-2": 2,
      "dev-cloud-3": 2,
      "dev-arm-1": 360,
    });
    expect(requestOf(graph.one("Command", /^dev-arm-1-/))).to.deep.equal({
      target,
      fleet: "arm",
      machine: machine("dev-arm-1"),
      smoke,
      minutes: 360,
      wait: "start",
      onlineWithinMinutes: 15,
    });
  });

  it("the smoke test holds every machine in full if configured, and none for longer than configured", () => {
    expect(smokeMinutes({ minutes: 360, machines: "all" }, 2)).to.equal(360);
    expect(smokeMinutes({ minutes: 1, machines: "first" }, 2)).to.equal(1);
  });

  it("use the configured endpoints and the configured GitHub", async () => {
    const configured = await evaluateStack({
      ...repositoryStack,
      aws: {
        account: "123456789012",
        region: "eu-central-1",
        endpoints: { ssm: "https://ssm.example.com", monitoring: "https://cw.example.com" },
      },
      github: { repository: "acme/app", url: "https://github.example.com/" },
    });
    expect(requestOf(graphOf(configured).one("Command", "dev-cloud-await")).target).to.deep.equal({
      environment: "dev",
      aws: { ...target.aws, endpoints: { ssm: "https://ssm.example.com" } },
      github: {
        apiUrl: "https://github.example.com/api/v3",
        url: "https://github.example.com",
        owner: "acme",
        repository: "app",
      },
    });
  });
});

describe("a guard", () => {
  it("names only what it guards", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    const guards = graph.ofType("Command").filter(({ name }) => name.endsWith("-guard"));
    const guarded = guards.map((guard) => [guard.name.replace(/[0-9a-f]{10}/, "#"), requestOf(guard).guards]);
    const role = (fleet: string) => {
      const { name } = graph.one("InstanceProfile", new RegExp(`-${fleet}-`));
      return { what: "role", fleet, instanceProfileArn: `arn:aws:iam::1:instance-profile/${name}` };
    };
    expect(Object.fromEntries(guarded)).to.deep.equal({
      "dev-vpc-0a1b-eu-central-1-guard": {
        what: "network",
        vpcId: "vpc-0a1b",
        securityGroupId: "SecurityGroup-dev-vpc-0a1b",
      },
      "longhaul-dev-cloud-#-eu-central-1-guard": role("cloud"),
      "longhaul-dev-arm-#-eu-central-1-guard": role("arm"),
      "dev-cloud-eu-central-1-guard": { what: "fleet", fleet: "cloud" },
      "dev-arm-eu-central-1-guard": { what: "fleet", fleet: "arm" },
      "dev-cloud-service-eu-central-1-guard": { what: "fleet", fleet: "cloud" },
      "dev-arm-service-eu-central-1-guard": { what: "fleet", fleet: "arm" },
    });
    for (const guard of guards) {
      const request = requestOf(guard);
      expect(request, guard.name).to.deep.equal({ target, guards: request.guards, smoke, waitMinutes: 10 });
    }
  });

  it("has the same inputs whatever changes in the machines", async () => {
    const guardsOf = async (fleet: object) => {
      const graph = graphOf(await evaluateStack({ ...repositoryStack, fleets: { cloud: fleet } }));
      return graph
        .ofType("Command")
        .filter(({ name }) => name.endsWith("-guard"))
        .map(({ name, inputs }) => [name, inputs]);
    };
    const changed = { runners: 3, labels: ["other"], disk: { sizeGb: 300 }, generations: { 1: 2 } };
    expect(Object.fromEntries(await guardsOf(changed))).to.deep.equal(Object.fromEntries(await guardsOf({})));
  });
});
