import { expect } from "chai";
import { apiUrl, checksumOf, serviceEndpoint, tarballUrl } from "../../../config/derive.ts";
import { ConfigurationError, loadConfiguration } from "../../../config/load.ts";
import { applyLocalCloud } from "../../../config/local.ts";
import type { LocalCloudOverlay } from "../../../contract/local-cloud.ts";
import { least, refusals, written } from "./written.ts";

const cloud = "http://127.0.0.1:4566";
const overlay: LocalCloudOverlay = {
  account: "000000000000",
  region: "us-east-1",
  endpoints: {
    ec2: cloud,
    ssm: cloud,
    monitoring: cloud,
    logs: cloud,
    dynamodb: cloud,
    sqs: cloud,
    sts: cloud,
    iam: cloud,
    budgets: cloud,
  },
  githubUrl: "http://127.0.0.1:8080",
  runnerUrl: "http://127.0.0.1:8080/runner.tar.gz",
  runnerSha256: "e".repeat(64),
  agent: { pollSeconds: 0.5, quietSeconds: 1, spreadSeconds: 0, staySeconds: 2 },
};
const text = JSON.stringify(overlay);

function refusalOf(content: string | undefined): string {
  try {
    applyLocalCloud(least, content);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error("The overlay was accepted.");
}

describe("the environment local", () => {
  it("uses the local cloud's account, addresses and runner, and keeps the rest", () => {
    const raw = written(least, {
      "fleets.cloud": { runners: 2, runner: { selfUpdate: false } },
      "fleets.second": {},
      "smokeTest.minutes": 10,
    });
    const { aws, github, fleets, smokeTest, agent } = loadConfiguration("local", applyLocalCloud(raw, text));
    expect(aws).to.include({ account: "000000000000", region: "us-east-1" });
    expect(serviceEndpoint(aws, "logs")).to.equal(cloud);
    expect(apiUrl(github)).to.equal("http://127.0.0.1:8080/api/v3");
    expect(github.repository).to.equal("acme/app");
    for (const fleet of Object.values(fleets)) {
      expect(tarballUrl(fleet)).to.equal(overlay.runnerUrl);
      expect(checksumOf(fleet)).to.equal(overlay.runnerSha256);
    }
    expect(fleets.cloud).to.deep.include({ runners: 2 });
    expect(fleets.cloud!.runner.selfUpdate).to.equal(false);
    expect(smokeTest.minutes).to.equal(10);
    expect(agent).to.deep.equal({ ...overlay.agent, diskPercent: 70 });
  });

  it("is refused without a local cloud, and the message says how to start one", () => {
    expect(refusalOf(undefined)).to.include('start one with "npx longhaul local"');
    expect(refusalOf("")).to.include("LONGHAUL_LOCAL");
  });

  it("is refused if anything in it points to another computer", () => {
    const elsewhere = {
      "aws.endpoints.sts": "https://sts.us-east-1.amazonaws.com",
      "aws.endpoints.iam": undefined,
      "aws.endpoints.budgets": undefined,
      "github.url": "https://github.com",
      "fleets.cloud.runner.url": undefined,
    };
    for (const [path, value] of Object.entries(elsewhere)) {
      const raw = written(applyLocalCloud(least, text), {
        [path]: value,
        "fleets.cloud.runner.sha256": undefined,
      });
      expect(refusals("local", raw), path).to.have.length(1);
    }
  });

  it("refuses a malformed description of the local cloud, with all errors at once", () => {
    expect(refusalOf("{")).to.include("LONGHAUL_LOCAL: is not JSON");
    const message = refusalOf(
      JSON.stringify({ ...overlay, region: undefined, githubUrl: "http://example.com", more: 1 }),
    );
    expect(message).to.include("LONGHAUL_LOCAL.region: is missing");
    expect(message).to.include("LONGHAUL_LOCAL.githubUrl: must be a URL of this computer");
    expect(message).to.include("LONGHAUL_LOCAL: has unknown keys: more");
  });

  it("leaves a malformed configuration to the schema, which refuses it", () => {
    const found = refusals(
      "local",
      applyLocalCloud({ ...least, fleets: { cloud: 2 }, github: "acme" }, text),
    );
    expect(found).to.have.members([
      'longhaul:github: must be a map of keys; it is "acme"',
      "longhaul:fleets.cloud: must be a map of keys; it is 2",
    ]);
  });
});
