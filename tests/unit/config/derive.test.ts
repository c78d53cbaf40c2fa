import { expect } from "chai";
import {
  apiUrl,
  architectureOf,
  checksumOf,
  imageReference,
  ownerOf,
  partitionOf,
  registrationUrl,
  repositoryOf,
  serviceEndpoint,
  tarballUrl,
} from "../../../config/derive.ts";
import { knownChecksums } from "../../../config/defaults.ts";
import { loadConfiguration } from "../../../config/load.ts";
import { least, leastForOrganization, written } from "./written.ts";

const fleet = (values: Record<string, unknown> = {}) =>
  loadConfiguration("dev", written(least, { "fleets.cloud": values })).fleets.cloud!;
const aws = (values: Record<string, unknown>) =>
  loadConfiguration("dev", {
    ...least,
    aws: { ...least.aws, ...values },
    fleets: { cloud: { priceUsdPerHour: 1 } }, // Some regions here are not in the table of prices.
  }).aws;
const github = (url?: string) =>
  loadConfiguration("dev", written(least, url === undefined ? {} : { "github.url": url })).github;

describe("what follows from a fleet", () => {
  it("its architecture is the instance type's, or the configured one if the name does not show it", () => {
    expect(architectureOf(fleet())).to.equal("x64");
    expect(architectureOf(fleet({ instanceType: "m7g.large" }))).to.equal("arm64");
    const unheardOf = { instanceType: "quantum.large", priceUsdPerHour: 1 };
    expect(architectureOf(fleet({ ...unheardOf, architecture: "arm64" }))).to.equal("arm64");
  });

  it("its tarball is GitHub's release for the architecture, or the configured one", () => {
    expect(tarballUrl(fleet({ instanceType: "c7g.large" }))).to.equal(
      "https://github.com/actions/runner/releases/download/v2.338.0/actions-runner-linux-arm64-2.338.0.tar.gz",
    );
    expect(tarballUrl(fleet({ runner: { url: "https://a.example.com/r.tar.gz" } }))).to.equal(
      "https://a.example.com/r.tar.gz",
    );
  });

  it("its checksum is the known one for the architecture, or the configured one", () => {
    expect(checksumOf(fleet())).to.equal(knownChecksums["2.338.0"]!.x64);
    expect(checksumOf(fleet({ instanceType: "t4g.small" }))).to.equal(knownChecksums["2.338.0"]!.arm64);
    const sha256 = "1".repeat(64);
    expect(checksumOf(fleet({ runner: { version: "2.340.0", sha256 } }))).to.equal(sha256);
  });

  it("its image is an AMI, a parameter, or the distribution's parameter for the architecture", () => {
    expect(imageReference(fleet({ image: { ami: "ami-0a" } }))).to.deep.equal({ kind: "ami", id: "ami-0a" });
    expect(imageReference(fleet({ image: { parameter: "/my/image" } }))).to.deep.equal({
      kind: "parameter",
      name: "/my/image",
    });
    expect(imageReference(fleet({ instanceType: "m7g.large" }))).to.deep.equal({
      kind: "parameter",
      name: "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    });
    const image = { distribution: "amazon-linux-2023" };
    const kernel = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default";
    expect(imageReference(fleet({ image }))).to.deep.equal({ kind: "parameter", name: `${kernel}-x86_64` });
    expect(imageReference(fleet({ image, instanceType: "m7g.large" }))).to.deep.equal({
      kind: "parameter",
      name: `${kernel}-arm64`,
    });
  });
});

describe("what follows from the AWS side", () => {
  const regions = [
    ["eu-central-1", "aws", "https://ssm.eu-central-1.amazonaws.com", "https://iam.amazonaws.com"],
    [
      "cn-north-1",
      "aws-cn",
      "https://ssm.cn-north-1.amazonaws.com.cn",
      "https://iam.cn-north-1.amazonaws.com.cn",
    ],
    [
      "cn-northwest-1",
      "aws-cn",
      "https://ssm.cn-northwest-1.amazonaws.com.cn",
      "https://iam.cn-north-1.amazonaws.com.cn",
    ],
    [
      "us-gov-west-1",
      "aws-us-gov",
      "https://ssm.us-gov-west-1.amazonaws.com",
      "https://iam.us-gov.amazonaws.com",
    ],
    [
      "eusc-de-east-1",
      "aws-eusc",
      "https://ssm.eusc-de-east-1.amazonaws.eu",
      "https://iam.eusc-de-east-1.amazonaws.eu",
    ],
  ] as const;
  for (const [region, partition, ssm, iam] of regions) {
    it(`${region} is in ${partition}, with its endpoints`, () => {
      expect(partitionOf(aws({ region }))).to.equal(partition);
      expect(serviceEndpoint(aws({ region }), "ssm")).to.equal(ssm);
      expect(serviceEndpoint(aws({ region }), "iam")).to.equal(iam);
    });
  }

  it("a configured endpoint wins, without its trailing slash", () => {
    const configured = aws({ endpoints: { logs: "https://logs.vpce.example.com/" } });
    expect(serviceEndpoint(configured, "logs")).to.equal("https://logs.vpce.example.com");
    expect(serviceEndpoint(configured, "ec2")).to.equal("https://ec2.eu-central-1.amazonaws.com");
  });
});

describe("what follows from the GitHub side", () => {
  const servers = [
    ["https://github.com", "https://api.github.com"],
    ["https://github.com/", "https://api.github.com"],
    ["https://acme.ghe.com", "https://api.acme.ghe.com"],
    ["https://github.example.com", "https://github.example.com/api/v3"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3"],
  ] as const;
  for (const [url, api] of servers) {
    it(`the REST API of ${url} is at ${api}`, () => {
      expect(apiUrl(github(url))).to.equal(api);
    });
  }

  it("a runner registers with the repository or the organisation", () => {
    expect(registrationUrl(github())).to.equal("https://github.com/acme/app");
    expect(registrationUrl(github("https://github.example.com/"))).to.equal(
      "https://github.example.com/acme/app",
    );
    const organization = loadConfiguration("dev", leastForOrganization).github;
    expect(registrationUrl(organization)).to.equal("https://github.com/acme");
    expect([ownerOf(github()), repositoryOf(github())]).to.deep.equal(["acme", "app"]);
    expect([ownerOf(organization), repositoryOf(organization)]).to.deep.equal(["acme", undefined]);
  });
});
