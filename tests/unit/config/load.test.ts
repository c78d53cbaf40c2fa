import { expect } from "chai";
import { defaults } from "../../../config/defaults.ts";
import { ConfigurationError, loadConfiguration, readStackConfiguration } from "../../../config/load.ts";
import { least, leastForOrganization, refusals, written } from "./written.ts";

describe("loading the configuration", () => {
  it("fills in the defaults of everything that is not configured", () => {
    const { aws, github, network, fleets, smokeTest, agent } = loadConfiguration("dev", least);
    expect(aws).to.deep.equal({ ...least.aws, endpoints: {}, rolePath: "/longhaul/" });
    expect(github).to.deep.equal({ repository: "acme/app", url: "https://github.com" });
    expect(network).to.deep.equal({ cidr: "10.42.0.0/16" });
    expect(fleets).to.deep.equal({
      cloud: {
        runners: 1,
        generations: {},
        instanceType: "m5.xlarge",
        image: { user: "runner", baked: false },
        disk: { sizeGb: 100 },
        labels: ["cloud", "extended-timeout"],
        runner: { version: "2.338.0", selfUpdate: true },
        docker: true,
        dockerLiveRestore: true,
        sudo: false,
        autoShutdown: { minimumAwake: 0, maxJobHours: 24, enforce: false },
        bootSteps: [],
        everyBoot: [],
        tags: {},
      },
    });
    expect(smokeTest).to.deep.equal({
      enabled: true,
      minutes: 360,
      machines: "first",
      wait: "start",
      manageWorkflow: true,
      onlineWithinMinutes: 15,
    });
    expect(agent).to.deep.equal({
      pollSeconds: 30,
      quietSeconds: 180,
      spreadSeconds: 180,
      staySeconds: 300,
      diskPercent: 70,
    });
  });

  it("gives each configuration its own copy of the defaults", () => {
    loadConfiguration("dev", least).fleets.cloud!.labels.push("mine");
    expect(loadConfiguration("dev", least).fleets.cloud!.labels).to.deep.equal([...defaults.labels]);
  });

  it("reports everything that is wrong at once: forms, rules, names and keys", () => {
    const raw = written(least, {
      "aws.region": "europe",
      "github.organization": "acme",
      "fleets.cloud": { runners: 0, labels: ["cloud", "Cloud"], spot: true },
      "fleets.Large": { instanceType: "m7g.large", architecture: "x64" },
      "smokeTest.minutes": 100_000,
      colour: "red",
    });
    expect(refusals("my_stack", raw).map((line) => line.split(": ")[0])).to.have.members([
      "stack name",
      "longhaul:aws.region",
      "longhaul:github",
      "longhaul:fleets.cloud.runners",
      "longhaul:fleets.cloud.labels[1]",
      "longhaul:fleets.cloud.spot",
      "longhaul:fleets.Large",
      "longhaul:fleets.Large.architecture",
      "longhaul:smokeTest.minutes",
      "longhaul:colour",
    ]);
  });

  it("checks the rest if a whole section or a group's name is missing", () => {
    const labels = { "fleets.cloud.labels": ["cloud", "cloud"] };
    const without = (values: Record<string, unknown>) =>
      refusals("dev", written(least, { ...labels, ...values })).map((line) => line.split(": ")[0]);
    for (const section of ["aws", "github"]) {
      expect(without({ [section]: undefined })).to.have.members([
        `longhaul:${section}`,
        "longhaul:fleets.cloud.labels[1]",
      ]);
    }
    expect(without({ "github.runnerGroup": {} })).to.include.members([
      "longhaul:github.runnerGroup.name",
      "longhaul:fleets.cloud.labels[1]",
    ]);
  });

  it("prints one line for each error", () => {
    const raw = written(least, { "fleets.cloud.labels": ["a", "a"], "fleets.b.c": {} });
    expect(() => loadConfiguration("dev", raw))
      .to.throw(ConfigurationError)
      .with.property("message")
      .that.equals(
        [
          "The configuration has 2 errors (docs/configuration.md lists every key):",
          "  longhaul:fleets.b.c: is not a key of Longhaul's; known here: runners, generations, instanceType, priceUsdPerHour, architecture, image, disk, labels, runner, docker, dockerLiveRestore, sudo, autoShutdown, bootSteps, everyBoot, tags",
          '  longhaul:fleets.cloud.labels[1]: "a" is there already; remove one',
        ].join("\n"),
      );
  });

  it("prints a name that is not a word in quotes and brackets", () => {
    expect(refusals("dev", written(least, { fleets: { "a.b": {} } }))[0]).to.match(
      /^longhaul:fleets\["a\.b"\]: /,
    );
  });

  it("draws no conclusions from a value that was refused", () => {
    // If the malformed owner were dropped, a second error would say that it is missing.
    expect(refusals("dev", written(least, { "github.repository": 5 }))).to.have.length(1);
    // The same holds for the organisation on which the smoke test depends, and for a whole section.
    expect(refusals("dev", written(leastForOrganization, { "github.organization": "a b" }))).to.have.length(
      1,
    );
    expect(refusals("dev", {})).to.have.length(3);
    expect(
      refusals("dev", written(least, { "fleets.cloud": { runners: "many", generations: { "4": 2 } } })),
    ).to.have.length(1);
  });

  it("never repeats a password or a key that was written by mistake", () => {
    const raw = written(least, {
      "network.proxy.http": "http://me:hunter2@proxy.example.com",
      "network.caBundle": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
      "github.token": "hunter2",
      "fleets.cloud.runner.url": "ftp://me:hunter2@example.com/",
    });
    const found = refusals("dev", raw);
    expect(found).to.have.length(4);
    expect(found.join("\n")).not.to.include("hunter2");
  });

  it("does not change its input", () => {
    const raw = written(least, { "fleets.cloud.runners": 0, spot: 1 });
    const before = structuredClone(raw);
    refusals("dev", raw);
    expect(raw).to.deep.equal(before);
  });
});

describe("reading the stack's configuration", () => {
  it("reads only the project's keys, and parses values that Pulumi wrote as JSON", () => {
    const all = {
      "longhaul:fleets": '{"cloud":{"runners":2}}',
      "longhaul:aws": "not json",
      "aws:region": "us-east-1",
      "longhaul-two:fleets": "{}",
    };
    expect(readStackConfiguration(all, "longhaul")).to.deep.equal({
      fleets: { cloud: { runners: 2 } },
      aws: "not json",
    });
  });
});
