import { expect } from "chai";
import type { Registration } from "./harness.ts";
import { graphOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { instanceIdOf } from "./mock-cloud.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

const isGuard = ({ name }: Registration) => name.endsWith("-guard");
const short = (urn: string) => urn.split("::").slice(-2).join("::").split("$").at(-1)!;

/** Types of the resources that a guard keeps, without other guards. */
function typesBehind(graph: Graph, guard: Registration): string[] {
  const reached = graph.dependenciesOf(guard);
  const types = graph.all
    .filter((resource) => reached.has(resource.urn) && !isGuard(resource))
    .map(({ type, name }) => (type.endsWith(":Parameter") ? name : type.split(":").at(-1)!));
  return [...new Set(types)].sort();
}

const networkTypes = [
  "InternetGateway",
  "Route",
  "RouteTable",
  "RouteTableAssociation",
  "SecurityGroup",
  "SecurityGroupEgressRule",
  "Subnet",
  "Vpc",
];
const roleTypes = ["InstanceProfile", "Role", "RolePolicy"];

describe("what machines depend on", () => {
  let graph: Graph;
  before(async () => {
    graph = graphOf(await evaluateOnce(repositoryStack));
  });

  it("is kept by three guards: all of the network, the role and the fleet", () => {
    const [network, role, fleet] = [
      graph.one("Command", /^dev-10.*-guard$/),
      graph.one("Command", /^longhaul-dev-cloud.*-guard$/),
      graph.one("Command", "dev-cloud-eu-central-1-guard"),
    ];
    expect(typesBehind(graph, network)).to.deep.equal(networkTypes);
    expect(typesBehind(graph, role)).to.deep.equal(roleTypes);
    expect(typesBehind(graph, fleet)).to.deep.equal(
      [
        ...[
          ...networkTypes,
          ...roleTypes,
          "Command", // It publishes the smoke test's workflow.
          "LogGroup",
          "dev-cloud-override",
          "dev-cloud-power",
          "dev-cloud-known-machines",
          "dev-cloud-limits",
        ],
        ...graph.ofType("Parameter").flatMap(({ name }) => (name.includes("-software-") ? [name] : [])),
      ].sort(),
    );
    for (const type of ["Subnet", "RouteTableAssociation", "RolePolicy"]) {
      const own = graph.ofType(type).filter(({ urn }) => !urn.includes("FleetController"));
      const all = own.map(({ urn }) => urn);
      expect([...graph.dependenciesOf(fleet)], type).to.include.members(all);
    }
  });

  it("is guarded before the first machine is created, and until the last one has left", () => {
    const fleet = graph.one("Command", "dev-cloud-eu-central-1-guard");
    for (const machine of graph.ofType("Instance")) {
      const standsOn = graph.dependenciesOf(machine);
      expect(standsOn).to.include(fleet.urn);
      const guarded = graph.dependenciesOf(fleet);
      const unguarded = [...standsOn].filter((urn) => urn !== fleet.urn && !guarded.has(urn)).map(short);
      expect(unguarded).to.deep.equal([]);
    }
  });

  it("is deleted after the fleet's guard has drained the machines", () => {
    const fleet = graph.dependenciesOf(graph.one("Command", "dev-cloud-eu-central-1-guard"));
    const others = graph.ofType("Command").filter(({ name }) => /^(dev-10|longhaul-).*-guard$/.test(name));
    expect(others).to.have.lengthOf(2);
    for (const { urn } of others) expect(fleet).to.include(urn);
  });

  it("includes the runner group of an organisation", async () => {
    const organization = graphOf(await evaluateOnce(organizationStack));
    const group = organization.one("ActionsRunnerGroup", "dev").urn;
    for (const fleet of ["cloud", "arm"]) {
      const guard = organization.one("Command", `dev-${fleet}-eu-central-1-guard`);
      expect(organization.dependenciesOf(guard)).to.include(group);
    }
  });
});

describe("a fleet in service", () => {
  it("is drained first: while its machines leave, their lists, tokens and role still exist", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    for (const fleet of ["cloud", "arm"]) {
      const guard = graph.one("Command", `dev-${fleet}-service-eu-central-1-guard`);
      const held = graph.dependenciesOf(guard);
      const own = graph.all.filter(
        ({ name, custom, type }) =>
          custom && name.includes(`dev-${fleet}`) && name !== guard.name && !type.startsWith("github:"),
      );
      expect(own).to.have.length.above(12);
      expect(own.filter(({ urn }) => !held.has(urn)).map(({ urn }) => short(urn))).to.deep.equal([]);
    }
  });
});

describe("the smoke test's workflow", () => {
  it("is published before the first machine is created, and withdrawn after the last has left", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    const { urn } = graph.one("Command", /-workflow$/);
    const instances = graph.ofType("Instance");
    expect(instances).to.not.deep.equal([]);
    for (const machine of instances) expect(graph.dependenciesOf(machine), machine.name).to.include(urn);
  });
});

describe("machines → proof → service", () => {
  let graph: Graph;
  before(async () => {
    graph = graphOf(await evaluateStack({ ...repositoryStack, fleets: { cloud: { runners: 2 } } }));
  });
  const machineUrns = () => graph.ofType("Instance").map(({ urn }) => urn);
  const smokeCommands = () => graph.ofType("Command").filter(({ name }) => /^dev-cloud-\d-/.test(name));

  it("a machine is a candidate and has its token before it is tested", () => {
    const commands = smokeCommands();
    expect(commands).to.have.lengthOf(2);
    for (const command of commands) {
      expect(command.dependencies).to.include.members([
        graph.one("Parameter", "dev-cloud-candidates").urn,
        graph.one("Parameter", command.name).urn,
        graph.one("Command", /-workflow$/).urn,
        graph.one("Instance", command.name).urn,
      ]);
      // It does not depend on other machines' tokens, because dependencies would grow with the square of the fleet.
      expect(command.dependencies.filter((urn) => urn.includes(":Parameter::"))).to.have.lengthOf(2);
    }
  });

  it("the roster is written when every machine has been proven", () => {
    const roster = graph.dependenciesOf(graph.one("Parameter", "dev-cloud-roster"));
    const awaited = graph.one("Command", "dev-cloud-await");
    expect(roster).to.include(awaited.urn);
    expect(awaited.dependencies).to.include.members(smokeCommands().map(({ urn }) => urn));
    for (const urn of [...smokeCommands().map((command) => command.urn), ...machineUrns()]) {
      expect(roster).to.include(urn);
    }
  });

  it("without a smoke test, the roster still waits until every machine is online", async () => {
    const untested = graphOf(await evaluateStack({ ...repositoryStack, smokeTest: { enabled: false } }));
    expect(untested.ofType("Command").filter(({ name }) => name.endsWith("-workflow"))).to.deep.equal([]);
    const awaited = untested.one("Command", "dev-cloud-await");
    expect(untested.dependenciesOf(untested.one("Parameter", "dev-cloud-roster"))).to.include(awaited.urn);
    expect(awaited.dependencies).to.include.members([
      untested.one("Parameter", "dev-cloud-candidates").urn,
      untested.one("Parameter", /^dev-cloud-1-/).urn,
    ]);
  });

  it("the environment is settled after the roster has been written", () => {
    const settle = graph.one("Command", "dev-cloud-settle");
    expect(settle.dependencies).to.include(graph.one("Parameter", "dev-cloud-roster").urn);
  });

  it("the lists hold the machines in the order of their numbers", () => {
    const ids = graph.ofType("Instance").sort((one, other) => (one.name < other.name ? -1 : 1));
    const expected = JSON.stringify({ machines: ids.map(({ name }) => instanceIdOf(name)) });
    for (const list of ["candidates", "roster"]) {
      expect(graph.one("Parameter", `dev-cloud-${list}`).inputs.insecureValue).to.equal(expected);
    }
  });
});
