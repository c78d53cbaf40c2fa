import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import * as longhaul from "../../../components/index.ts";
import { graphOf } from "../components/graph.ts";
import { evaluate } from "../components/harness.ts";
import { repositoryStack } from "../components/stack-program.ts";

const environment = "ours";
const configuration = longhaul.loadConfiguration(environment, repositoryStack);

describe("the package, in a user's own program", () => {
  it("exports the components and what is needed to use them", () => {
    expect(Object.keys(longhaul).sort()).to.deep.equal([
      "AlarmTopic",
      "AutoShutdown",
      "BudgetAlarm",
      "ConfigurationError",
      "FleetController",
      "RunnerFleet",
      "RunnerNetwork",
      "RunnerRegistration",
      "RunnerRoster",
      "SmokeTest",
      "SmokeWorkflow",
      "WakeOnDemand",
      "checkSizes",
      "createProviders",
      "diskKeysOf",
      "findDiskKey",
      "findLivingMachines",
      "findZones",
      "loadConfiguration",
      "readAppCredentials",
      "readConfiguration",
      "readStackConfiguration",
      "stackOutputs",
      "warnOfConfiguration",
      "warnOfRunnerVersions",
    ]);
  });

  it("can be imported by its name after the build, and exports the same", async () => {
    const name = "longhaul"; // The compiler must not see the name, because it would need the built types.
    expect(Object.keys((await import(name)) as object).sort()).to.deep.equal(Object.keys(longhaul).sort());
  });

  it("makes a fleet with the user's own network and registration", async () => {
    const { registrations, calls } = await evaluate(() => {
      const network: longhaul.MachineNetwork = {
        identity: "shared",
        subnets: [{ identity: "a", id: "subnet-0a" }],
        securityGroupId: "sg-0a",
        foundations: [],
      };
      const registration: longhaul.MachineRegistration = { token: pulumi.secret("x"), foundations: [] };
      const args = { environment, configuration };
      const fleet = new longhaul.RunnerFleet("ours", { ...args, fleet: "cloud", network, registration });
      new longhaul.RunnerRoster("ours", { ...args, fleet, proof: [] });
    });
    const { inputs } = graphOf({ registrations }).one("Instance", /^ours-cloud-1-/);
    expect(inputs).to.include({ subnetId: "subnet-0a" });
    expect(inputs.vpcSecurityGroupIds).to.deep.equal(["sg-0a"]);
    expect(calls.map(({ token }) => token)).to.deep.equal(["aws:ssm/getParameter:getParameter"]);
  });

  it("refuses a fleet that is not in the configuration, and names those that are", async () => {
    const failure = await evaluate(() => {
      const network = { identity: "", subnets: [], securityGroupId: "", foundations: [] };
      const registration = { token: pulumi.secret("x"), foundations: [] };
      new longhaul.RunnerFleet("ours", { environment, configuration, fleet: "large", network, registration });
    }).catch((error: unknown) => (error as Error).message);
    expect(failure).to.equal("There is no fleet large in the configuration: it names cloud.");
  });

  it("refuses an alarm on a budget that is not configured", async () => {
    const failure = await evaluate(() => {
      const topic = new longhaul.AlarmTopic("ours", { environment, configuration });
      const controller = new longhaul.FleetController("ours", { environment, configuration, fleets: [] });
      new longhaul.BudgetAlarm("ours", { environment, configuration, topic, controller });
    }).catch((error: unknown) => (error as Error).message);
    expect(failure).to.equal(
      "The environment ours has no budget to alarm at: set budget.monthlyUsd, or make no BudgetAlarm.",
    );
  });

  it("refuses a smoke test that is off, and one without a repository", async () => {
    const attempt = (raw: object) =>
      evaluate(() => {
        new longhaul.SmokeWorkflow("ours", {
          environment,
          configuration: { ...configuration, ...raw },
        });
      }).catch((error: unknown) => (error as Error).message);
    expect(await attempt({ smokeTest: { ...configuration.smokeTest, enabled: false } })).to.equal(
      "The smoke test of ours is off (smokeTest.enabled).",
    );
    expect(await attempt({ github: { organization: "acme", url: "https://github.com" } })).to.include(
      "set smokeTest.repository",
    );
  });
});
