import { expect } from "chai";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import { shutdownSetting } from "../../../components/auto-shutdown/auto-shutdown.ts";
import { controllerConfiguration } from "../../../components/fleet-controller/controller-configuration.ts";
import { machineConfiguration } from "../../../components/runner-fleet/machine-configuration.ts";
import { renderUserData } from "../../../components/runner-fleet/user-data.ts";
import { receiverConfiguration } from "../../../components/wake-on-demand/receiver-configuration.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { settleRequestOf } from "../../../config/settle-request.ts";
import { targetOf } from "../../../config/target.ts";
import { parseAgentConfiguration } from "../../../contract/agent.ts";
import { parseLimits } from "../../../contract/parameters.ts";

const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const workingHours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 20:00", zone: "Europe/Berlin", holidays: [] };
const proxy = { http: "http://proxy:3128", https: "http://proxy:3129", noProxy: ["intra"] };
const endpoints = Object.fromEntries(
  ["ec2", "ssm", "sts", "logs", "budgets"].map((service) => [service, `https://${service}.example.com`]),
);

/** A configuration with every optional value that reaches another program. */
const configuration = loadConfiguration("dev", {
  aws: { account: "123456789012", region: "eu-central-1", kmsKeyArn, endpoints },
  github: { organization: "acme", runnerGroup: { name: "long jobs", repositories: ["tools"] } },
  network: { vpcId: "vpc-0a1b", subnetIds: ["subnet-0a"], proxy },
  fleets: {
    cloud: { autoShutdown: { workingHours, idleMinutes: 30, maxJobHours: 12, enforce: true } },
  },
  wakeOnDemand: {
    enabled: true,
    emptyLabels: "cloud",
    repositories: ["tools"],
    app: { id: 1, installationId: 2 },
  },
  budget: { monthlyUsd: 600 },
  smokeTest: { repository: "tools" },
});
const fleet = configuration.fleets.cloud!;
const machine = machineConfiguration(
  { environment: "dev", fleet: "cloud", runner: "dev-cloud-1" },
  configuration,
  fleet,
);

describe("an optional value that is configured", () => {
  it("reaches the machine, and the agent if it is the agent's", () => {
    expect(machine.aws.kmsKeyArn).to.equal(kmsKeyArn);
    expect(machine.github.runnerGroup).to.equal("long jobs");
    expect(machine.proxy).to.deep.include({ http: proxy.http, https: proxy.https });
    const text = renderUserData(machine, readMachineAssets());
    const received = parseAgentConfiguration(/^\{"environment".*\}$/m.exec(text)![0]);
    expect(received.aws.kmsKeyArn).to.equal(kmsKeyArn);
    expect(received.github.runnerGroup).to.equal("long jobs");
  });

  it("reaches the fleet's limits", () => {
    const limits = shutdownSetting(fleet.autoShutdown);
    expect(parseLimits(JSON.stringify(limits))).to.deep.equal({
      idleMinutes: 30,
      minimumAwake: fleet.autoShutdown.minimumAwake,
      maxJobHours: 12,
      enforce: true,
    });
  });

  it("reaches the controller and the receiver", () => {
    const { fleets, demand, budget } = controllerConfiguration("dev", configuration);
    expect(fleets[0]!.workingHours).to.deep.equal(workingHours);
    expect(demand).to.include({ emptyLabels: "cloud" });
    expect(demand!.sweep).to.deep.include({ app: { id: 1, installationId: 2 }, repositories: ["tools"] });
    expect(budget).to.have.keys("monthlyUsd", "awsBudget");
    expect(receiverConfiguration("dev", configuration)).to.deep.include({
      repositories: ["tools"],
      emptyLabels: "cloud",
    });
  });

  it("reaches the requests", () => {
    expect(targetOf("dev", configuration).aws.endpoints).to.deep.equal(endpoints);
    expect(targetOf("dev", configuration).github).not.to.have.property("repository");
    expect(settleRequestOf("dev", configuration, "cloud").kmsKeyArn).to.equal(kmsKeyArn);
    const ofRepository = { ...configuration, github: { ...configuration.github, repository: "acme/app" } };
    expect(targetOf("dev", ofRepository).github.repository).to.equal("app");
  });
});
