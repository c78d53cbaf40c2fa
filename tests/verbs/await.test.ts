import { expect } from "chai";
import { serviceLabels } from "../../config/runs-on-labels.ts";
import { limits } from "../../config/limits.ts";
import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import type { AwaitRequest, DeclaredMachine } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import { fleet, githubToken, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

describe("longhaul await", () => {
  let clouds: Clouds;
  beforeEach(async () => {
    clouds = await startClouds();
  });
  afterEach(() => clouds.close());

  const awaiting = (
    machines: DeclaredMachine[],
    args: string[] = [],
    onlineWithinMinutes = 15,
    more: Partial<AwaitRequest> = {},
  ) =>
    clouds.longhaul(["await", ...args], {
      target: clouds.target,
      fleet,
      machines,
      labels: ["self-hosted", "cloud", "extended-timeout"],
      onlineWithinMinutes,
      ownTags: {},
      ...more,
    });

  it("waits until every machine is online, then gives each the fleet's labels in their order", async () => {
    const machines = [await clouds.launch(1), await clouds.launch(2)];
    clouds.meanwhile(
      () => clouds.connect(machines[0]!),
      () => expect(clouds.entry(machines[0]!)!.customLabels).to.have.length(1),
      () => clouds.connect(machines[1]!),
    );
    const { code, results, said } = await awaiting(machines);
    expect(code, said).to.equal(0);
    expect(results).to.deep.equal([]);
    for (const machine of machines) {
      const name = `${machine.runner}-${machine.instanceId}`;
      expect(clouds.entry(machine)!.customLabels).to.deep.equal([
        name,
        "self-hosted",
        "cloud",
        "extended-timeout",
      ]);
    }
  });

  it("gives as many labels as a fleet may have, and GitHub refuses one more", async () => {
    const machine = await clouds.launch();
    await clouds.connect(machine);
    const labels = (own: number) =>
      serviceLabels(
        "x64",
        Array.from({ length: own }, (_, index) => `label-${index}`),
      );
    const more = await awaiting([machine], [], 15, { labels: labels(limits.labelsPerFleet + 1) });
    expect(more.code).to.equal(1);
    expect(more.said).to.include("(HTTP 422");
    const most = await awaiting([machine], [], 15, { labels: labels(limits.labelsPerFleet) });
    expect(most.code, most.said).to.equal(0);
    expect(clouds.entry(machine)!.customLabels).to.have.length(100);
  });

  describe("if GitHub does not list a machine with its own label alone", () => {
    const waiting = async (report: (labels: readonly string[]) => string[], times?: number) => {
      const machine = await clouds.launch();
      await clouds.connect(machine);
      clouds.github.faults.add({ kind: "listed-labels", report, ...(times !== undefined && { times }) });
      return { machine, outcome: await awaiting([machine], [], 1) };
    };
    it("waits until it does", async () => {
      const looks: number[] = [];
      const { machine, outcome } = await waiting((labels) => {
        looks.push(labels.length);
        return [];
      }, 3);
      expect(outcome.code, outcome.said).to.equal(0);
      expect(looks, "none was given before").to.deep.equal([1, 1, 1]);
      expect(clouds.entry(machine)!.customLabels).to.include("extended-timeout");
    });

    it("gives it no labels, and names those that GitHub lists", async () => {
      const { machine, outcome } = await waiting((labels) => [...labels, "gpu"]);
      expect(outcome.code).to.equal(1);
      expect(outcome.said)
        .to.match(
          /^Runner dev-cloud-1 is online\. GitHub lists it with the labels dev-cloud-1-i-\w+, gpu\. Until it is proven/m,
        )
        .and.include("#other-labels");
      expect(clouds.entry(machine)!.customLabels).to.have.length(1);
    });
  });

  it("adds nothing the second time", async () => {
    const machine = await clouds.launch();
    await clouds.connect(machine);
    const first = await awaiting([machine], ["--json"]);
    const second = await awaiting([machine], ["--json"]);
    const added = ({ results }: { results: string[] }) =>
      (JSON.parse(results[0]!) as { machines: { added: string[] }[] }).machines[0]!.added;
    expect(added(first)).to.deep.equal(["self-hosted", "cloud", "extended-timeout"]);
    expect(added(second)).to.deep.equal([]);
  });

  describe("and the registration token", () => {
    const stored = ({ instanceId }: DeclaredMachine) =>
      clouds.aws.account.parameters[tokenParameter("dev", fleet, instanceId)]!;
    const writes = () => clouds.aws.calls().filter(({ action }) => /^ssm:(Put|Delete|Add)/.test(action));
    let machine: DeclaredMachine;
    beforeEach(async () => {
      machine = await clouds.launch();
      await clouds.connect(machine);
    });

    it("leaves it in no version of the parameter, before the machine has a label that jobs ask for", async () => {
      await clouds.writeToken(machine, "the-token", usedToken);
      const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234";
      const { code, said } = await awaiting([machine], [], 15, { kmsKeyArn });
      expect(code, said).to.equal(0);
      expect(said).to.include("its token was removed").and.not.include("the-token");
      expect(clouds.tokenVersions(machine)).to.deep.equal([usedToken]);
      expect(stored(machine)).to.include({ type: "SecureString", keyId: kmsKeyArn });
      expect(stored(machine).tags).to.include({
        [tags.instance]: machine.instanceId,
        [tags.runner]: machine.runner,
      });
    });

    it("writes nothing the second time", async () => {
      await clouds.writeToken(machine, "the-token", usedToken);
      await awaiting([machine]);
      const before = writes().length;
      expect((await awaiting([machine])).said).to.not.include("removed");
      expect([before, writes().length]).to.deep.equal([2, 2]);
    });

    it("removes an unused one of a machine that is registered already", async () => {
      await clouds.writeToken(machine, "the-token");
      expect((await awaiting([machine])).code).to.equal(0);
      expect(clouds.tokenVersions(machine)).to.deep.equal([usedToken]);
    });

    it("fails before any label is given when it may not remove it", async () => {
      await clouds.writeToken(machine, "the-token", usedToken);
      clouds.aws.faults.add({ action: "ssm:DeleteParameter", error: "AccessDeniedException" });
      const { code, said } = await awaiting([machine]);
      expect(code).to.equal(1);
      expect(said).to.include("ssm:DeleteParameter failed");
      expect(clouds.entry(machine)!.customLabels).to.have.length(1);
    });

    it("continues after a run that ended between the two calls", async () => {
      await clouds.writeToken(machine, "the-token", usedToken);
      clouds.aws.faults.add({ action: "ssm:PutParameter", error: "InternalServerError", times: 5 });
      expect((await awaiting([machine])).code).to.equal(1);
      expect(clouds.tokenVersions(machine)).to.deep.equal([]);
      expect((await awaiting([machine])).code).to.equal(0);
      expect(clouds.tokenVersions(machine)).to.deep.equal([usedToken]);
      expect(stored(machine).tags).to.include({ [tags.instance]: machine.instanceId });
    });
  });

  it("reads the whole list if there are many machines", async () => {
    const machines = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => clouds.launch(number)));
    for (const machine of machines) await clouds.connect(machine);
    expect((await awaiting(machines)).code).to.equal(0);
    for (const machine of machines) expect(clouds.entry(machine)!.customLabels).to.include("cloud");
  });

  it("does not wait for a machine that is in service already, whatever its state", async () => {
    const [serving, fresh] = [await clouds.launch(1), await clouds.launch(2)];
    await clouds.writeLists([serving.instanceId, fresh.instanceId], [serving.instanceId]);
    clouds.host.goDown(serving.instanceId, "poweroff");
    await clouds.connect(fresh);
    const { code, said } = await awaiting([serving, fresh]);
    expect(code, said).to.equal(0);
    expect(clouds.entry(fresh)!.customLabels).to.include("cloud");
  });

  it("fails at once when a machine says that its boot failed, in the machine's own words", async () => {
    const machine = await clouds.launch();
    const detail = "the tarball's SHA-256 is 12, not 34.";
    clouds.report(machine, "boot-failed", { [tags.since]: "2026-03-01T10:00:00Z", [tags.detail]: detail });
    const begin = clouds.clock.now();
    const { code, said } = await awaiting([machine]);
    expect(code).to.equal(1);
    expect(clouds.clock.now() - begin).to.be.below(60_000);
    expect(said).to.equal(
      `Runner dev-cloud-1 cannot come online: its machine ${machine.instanceId} is running, ` +
        "reports boot-failed since 2026-03-01T10:00:00Z (the tarball's SHA-256 is 12, not 34), and has no entry at GitHub. " +
        "Correct what it names, then raise the runner's generation. See docs/troubleshooting.md#boot-failed.",
    );
  });

  it("trusts GitHub more than a stale report: a machine that it shows online is online", async () => {
    const machine = await clouds.launch();
    clouds.report(machine, "failed");
    await clouds.connect(machine);
    expect((await awaiting([machine])).code).to.equal(0);
  });

  it("fails at once when a machine has powered off, and labels none of the others", async () => {
    const [online, off] = [await clouds.launch(1), await clouds.launch(2)];
    await clouds.connect(online);
    clouds.host.goDown(off.instanceId, "poweroff");
    const { code, said } = await awaiting([online, off]);
    expect(code).to.equal(1);
    expect(said).to.include(`its machine ${off.instanceId} is stopped (Client.InstanceInitiatedShutdown`);
    expect(said).to.include("#machine-stopped");
    expect(clouds.entry(online)!.customLabels).to.have.length(1);
  });

  it("gives up after the given minutes, and describes each machine that is not online", async () => {
    const [silent, registered] = [await clouds.launch(1), await clouds.launch(2)];
    await (await clouds.connect(registered)).closeSession();
    clouds.report(registered, "starting");
    const begin = clouds.clock.now();
    const { code, said } = await awaiting([silent, registered], [], 1);
    expect(code).to.equal(1);
    expect((clouds.clock.now() - begin) / 60_000).to.be.within(1, 1.5);
    const [first, second] = said.split("\n").slice(-2);
    expect(first).to.match(
      /^Runner dev-cloud-1 did not come online within 1 min: .* has reported nothing, and has no entry/,
    );
    expect(first).to.include("#not-registered");
    expect(second).to.match(/^Runner dev-cloud-2 did not .* reports starting, and is offline at GitHub/);
    expect(second).to.include("#offline");
  });

  it("waits for a machine that EC2 does not describe yet", async () => {
    clouds.aws.faults.add({ action: "machine:Appear", delayMs: 20_000 });
    const machine = await clouds.launch();
    await clouds.connect(machine);
    expect((await awaiting([machine])).code).to.equal(0);
  });

  it("outlasts errors of GitHub and throttling by EC2", async () => {
    const machine = await clouds.launch();
    await clouds.connect(machine);
    // Octokit makes four attempts, so the fifth error happens at the second look.
    clouds.github.faults.add({ kind: "answer", status: 500, times: 5 });
    clouds.aws.faults.add({ action: "ec2:DescribeInstances", error: "RequestLimitExceeded", times: 1 });
    const { code, said } = await awaiting([machine]);
    expect(code, said).to.equal(0);
    expect(said).to.include("Trying again.");
  });

  it("waits for a rate limit to be lifted", async () => {
    const machine = await clouds.launch();
    await clouds.connect(machine);
    clouds.github.faults.add({ kind: "answer", status: 403, times: 1, retryAfterSeconds: 2 });
    const { code, said } = await awaiting([machine]);
    expect(code, said).to.equal(0);
    expect(said).to.include("GitHub's secondary rate limit is reached: going on in 2 s.");
  });

  it("says at once that GitHub refuses the token, and never prints it", async () => {
    const machine = await clouds.launch();
    clouds.useToken("ghp_canary0123456789");
    const { code, said } = await awaiting([machine]);
    expect(code).to.equal(1);
    expect(said).to.include("HTTP 401").and.include("Check GITHUB_TOKEN").and.not.include("canary");
  });

  it("names the variables for a token if there is none", async () => {
    clouds.useToken(undefined);
    const { code, said } = await awaiting([await clouds.launch()]);
    expect(code).to.equal(2);
    expect(said).to.include("GITHUB_TOKEN").and.not.include(githubToken);
  });

  it("changes nothing in an account other than the configured one", async () => {
    const machine = await clouds.launch();
    const target = { ...clouds.target, aws: { ...clouds.target.aws, account: "999999999999" } };
    const request = { target, fleet, machines: [machine], labels: [], onlineWithinMinutes: 1, ownTags: {} };
    const { code, said } = await clouds.longhaul(["await"], request);
    expect(code).to.equal(1);
    expect(said).to.include("123456789012").and.include("999999999999");
    expect(clouds.aws.calls().map(({ action }) => action)).to.deep.equal(["sts:GetCallerIdentity"]);
  });
});
