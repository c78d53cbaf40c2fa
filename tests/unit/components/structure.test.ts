import { expect } from "chai";
import type { Evaluation } from "./harness.ts";
import { graphOf } from "./graph.ts";
import { budgetStack, evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

/** Matches hashes in names and the number of pieces, which change with the code that runs on a machine. */
function masked(name: string): string {
  return name.replace(/[0-9a-f]{10}(?=$|-(machine|session|eu-|\d))/g, "#").replace(/(-software-#)-\d$/, "$1");
}

/** `Component > Type name`, sorted, each once. */
function outline(evaluation: Evaluation<unknown>): string[] {
  const graph = graphOf(evaluation);
  const lines = graph.all.map((resource) => {
    const parent = graph.parentOf(resource)?.type.split(":").at(-1);
    const line = `${resource.type.split(":").at(-1)} ${masked(resource.name)}`;
    return parent === undefined ? line : `${parent} > ${line}`;
  });
  return [...new Set(lines)].sort();
}

describe("the resources of an environment", () => {
  it("keep their names, because another name makes another resource", async () => {
    expect(outline(await evaluateOnce(repositoryStack))).to.deep.equal([
      "AlarmTopic > Topic longhaul-dev-alarms",
      "AlarmTopic > TopicPolicy longhaul-dev-alarms",
      "AlarmTopic dev",
      "AutoShutdown > Parameter dev-cloud-limits",
      "FleetController > Function longhaul-dev-controller",
      "FleetController > FunctionEventInvokeConfig longhaul-dev-controller",
      "FleetController > LogGroup longhaul-dev-controller",
      "FleetController > MetricAlarm longhaul-dev-controller-errors",
      "FleetController > Parameter dev-meter",
      "FleetController > Role dev-clock-#",
      "FleetController > Role dev-controller-#",
      "FleetController > RolePolicy dev-clock-#",
      "FleetController > RolePolicy dev-controller-#",
      "FleetController > Schedule longhaul-dev-controller",
      "FleetController > ScheduleGroup longhaul-dev-controller",
      "FleetController dev",
      "RunnerFleet > AutoShutdown dev-cloud",
      "RunnerFleet > Command dev-cloud-eu-central-1-guard",
      "RunnerFleet > Command longhaul-dev-cloud-#-eu-central-1-guard",
      "RunnerFleet > Instance dev-cloud-1-#",
      "RunnerFleet > InstanceProfile longhaul-dev-cloud-#",
      "RunnerFleet > LogGroup dev-cloud",
      "RunnerFleet > Parameter dev-cloud-1-#",
      "RunnerFleet > Parameter dev-cloud-candidates",
      "RunnerFleet > Parameter dev-cloud-known-machines",
      "RunnerFleet > Parameter dev-cloud-override",
      "RunnerFleet > Parameter dev-cloud-power",
      "RunnerFleet > Parameter dev-cloud-software-#",
      "RunnerFleet > Role longhaul-dev-cloud-#",
      "RunnerFleet > RolePolicy longhaul-dev-cloud-#-machine",
      "RunnerFleet > RolePolicy longhaul-dev-cloud-#-session",
      "RunnerFleet dev-cloud",
      "RunnerNetwork > Command dev-10.42.0.0-16-eu-central-1-guard",
      "RunnerNetwork > InternetGateway dev-10.42.0.0-16",
      "RunnerNetwork > Route dev-10.42.0.0-16",
      "RunnerNetwork > RouteTable dev-10.42.0.0-16",
      "RunnerNetwork > RouteTableAssociation dev-10.42.0.0-16-1",
      "RunnerNetwork > RouteTableAssociation dev-10.42.0.0-16-2",
      "RunnerNetwork > SecurityGroup dev-10.42.0.0-16",
      "RunnerNetwork > SecurityGroupEgressRule dev-10.42.0.0-16",
      "RunnerNetwork > SecurityGroupEgressRule dev-10.42.0.0-16-ipv6",
      "RunnerNetwork > Subnet dev-10.42.0.0-16-1",
      "RunnerNetwork > Subnet dev-10.42.0.0-16-2",
      "RunnerNetwork > Vpc dev-10.42.0.0-16",
      "RunnerNetwork dev",
      "RunnerRegistration > ActionsVariable dev-cloud",
      "RunnerRegistration dev",
      "RunnerRoster > Command dev-cloud-await",
      "RunnerRoster > Command dev-cloud-service-eu-central-1-guard",
      "RunnerRoster > Command dev-cloud-settle",
      "RunnerRoster > Parameter dev-cloud-roster",
      "RunnerRoster dev-cloud",
      "SmokeTest > Command dev-cloud-1-#",
      "SmokeTest dev",
      "SmokeWorkflow > Command dev-acme-app-longhaul-smoke-dev.yml-workflow",
      "SmokeWorkflow dev",
      "aws dev",
      "github dev",
    ]);
  });

  it("include further resources if there is a budget", async () => {
    const lines = outline(await evaluateOnce(budgetStack)).filter((line) => line.startsWith("BudgetAlarm"));
    expect(lines).to.deep.equal([
      "BudgetAlarm > Budget longhaul-dev-eu-central-1",
      "BudgetAlarm > BudgetAction longhaul-dev-eu-central-1",
      "BudgetAlarm > Command longhaul-dev-eu-central-1-lift",
      "BudgetAlarm > Command longhaul-dev-eu-central-1-meter",
      "BudgetAlarm > MetricAlarm longhaul-dev-budget-100",
      "BudgetAlarm > MetricAlarm longhaul-dev-budget-50",
      "BudgetAlarm > MetricAlarm longhaul-dev-budget-80",
      "BudgetAlarm > MetricAlarm longhaul-dev-budget-day",
      "BudgetAlarm > MetricAlarm longhaul-dev-budget-silent",
      "BudgetAlarm > Policy longhaul-dev-eu-central-1-denial",
      "BudgetAlarm > Role dev-budget-#",
      "BudgetAlarm > RolePolicy dev-budget-#",
      "BudgetAlarm dev",
    ]);
  });

  it("include the group and no VPC for an organisation with given subnets", async () => {
    const lines = outline(await evaluateOnce(organizationStack)).filter((line) =>
      /^(RunnerNetwork|RunnerRegistration)/.test(line),
    );
    expect(lines).to.deep.equal([
      "RunnerNetwork > Command dev-vpc-0a1b-eu-central-1-guard",
      "RunnerNetwork > SecurityGroup dev-vpc-0a1b",
      "RunnerNetwork > SecurityGroupEgressRule dev-vpc-0a1b",
      "RunnerNetwork > SecurityGroupEgressRule dev-vpc-0a1b-ipv6",
      "RunnerNetwork dev",
      "RunnerRegistration > ActionsOrganizationVariable dev-arm",
      "RunnerRegistration > ActionsOrganizationVariable dev-cloud",
      "RunnerRegistration > ActionsRunnerGroup dev",
      "RunnerRegistration dev",
    ]);
  });

  it("each belong to a component, and use the stack's own providers", async () => {
    const evaluation = await evaluateOnce(organizationStack);
    const graph = graphOf(evaluation);
    for (const resource of graph.all.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"))) {
      const [packageName] = resource.type.split(":");
      expect(graph.parentOf(resource)?.type, resource.urn).to.match(/^longhaul:index:/);
      const provider = packageName === "command" ? "" : `pulumi:providers:${packageName}::dev::`;
      expect(resource.provider, resource.urn).to.include(provider);
    }
  });

  it("are made for each fleet and each of its runners", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    expect(graph.ofType("Instance").map(({ name }) => masked(name))).to.have.members([
      "dev-cloud-1-#",
      "dev-cloud-2-#",
      "dev-cloud-3-#",
      "dev-arm-1-#",
    ]);
    expect(graph.ofType("RunnerRoster").map(({ name }) => name)).to.have.members(["dev-cloud", "dev-arm"]);
  });
});

describe("resource options", () => {
  it("fit the life of each resource", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    const own = graphOf(await evaluateOnce(repositoryStack));
    const options = [...graph.all, ...own.all].flatMap(({ type, name, ...resource }) => {
      const set = [
        ...(resource.retainOnDelete ? ["retainOnDelete"] : []),
        ...(resource.protect ? ["protect"] : []),
        ...(resource.deleteBeforeReplace ? ["deleteBeforeReplace"] : []),
        ...(resource.aliases > 0 ? ["aliases"] : []),
        // The SDK sets this option on every Command, but no Command has triggers.
        ...resource.replaceOnChanges
          .filter((path) => path !== "triggers[*]")
          .map((path) => `replaceOnChanges ${path}`),
        ...resource.ignoreChanges.map((path) => `ignoreChanges ${path}`),
        ...(resource.replacementTrigger === undefined ? [] : ["replacementTrigger"]),
      ];
      const kind = masked(name)
        .replace(/^dev-(cloud|arm)-\d-#$/, "<machine>")
        .replace(/^.*-guard$/, "<guard>")
        .replace(/^.*-workflow$/, "<workflow>")
        .replace(/^dev-(cloud|arm)-/, "<fleet>-")
        .replace(/^dev-10.*-\d$/, "<zone>");
      return set.length === 0 ? [] : [`${type.split(":").at(-1)} ${kind}: ${set.join(", ")}`];
    });
    expect([...new Set(options)].sort()).to.deep.equal([
      "Command <guard>: ignoreChanges *",
      "Command <machine>: ignoreChanges *, replacementTrigger",
      "Command <workflow>: deleteBeforeReplace",
      "Instance <machine>: retainOnDelete, ignoreChanges *",
      "Parameter <fleet>-known-machines: ignoreChanges insecureValue, ignoreChanges value, ignoreChanges version",
      "Parameter <fleet>-override: ignoreChanges insecureValue, ignoreChanges value, ignoreChanges version",
      "Parameter <fleet>-power: ignoreChanges insecureValue, ignoreChanges value, ignoreChanges version",
      "Parameter <fleet>-software-#: ignoreChanges insecureValue, ignoreChanges value, ignoreChanges version",
      "Parameter <machine>: ignoreChanges *, replacementTrigger",
      "Parameter dev-meter: ignoreChanges insecureValue, ignoreChanges value, ignoreChanges version",
      "Subnet <zone>: ignoreChanges availabilityZone",
    ]);
    const frozen = graph.all.filter(({ ignoreChanges }) => ignoreChanges.includes("*"));
    expect(frozen).to.have.lengthOf(4 * 3 + 7); // Machines ×3, guards.
    const written = graph.all.filter(
      ({ ignoreChanges, name }) => ignoreChanges.includes("insecureValue") && !name.includes("-software-"),
    );
    expect(written).to.have.lengthOf(2 * 3 + 1); // Settings and memory of two fleets, the meter.
  });
});
