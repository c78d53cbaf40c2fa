import { expect } from "chai";
import {
  fleetParameters,
  knownMachinesParameter,
  tokenParameter,
  usedToken,
} from "../../contract/parameters.ts";
import type { DeclaredMachine, SettleRequest } from "../../contract/requests.ts";
import { machineName } from "../../contract/names.ts";
import { tagLimits } from "../../contract/aws-limits.ts";
import { parseKnownMachines } from "../../contract/known-machines.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { FleetReport } from "../../cli/settle/fleet-report.ts";
import type { SettleReport } from "../../cli/settle/settle.ts";
import { fleet, parameters, startClouds } from "./clouds.ts";
import type { Clouds, VerbOutcome } from "./clouds.ts";

const minute = 60_000;
const hour = 60 * minute;
const unknownId = "i-0123456789abcdef0";

describe("longhaul settle", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  let name: string;
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
    name = nameOf(machine);
    await clouds.writeLists([machine.instanceId], [machine.instanceId]);
  });
  afterEach(() => clouds.close());

  const nameOf = ({ runner, instanceId }: DeclaredMachine) => machineName(runner, instanceId);
  /** As the stack's Command runs it. */
  const settling = (labels: string[] = ["cloud"], more: Partial<SettleRequest> = {}) =>
    clouds.longhaul(["settle", "--json"], { target: clouds.target, fleet, labels, ownTags: {}, ...more });
  /** As a person runs it. */
  const settlingAll = (...args: string[]) => clouds.longhaul(["settle", "--json", ...args]);
  const reportOf = ({ results }: VerbOutcome) => JSON.parse(results[0]!) as SettleReport;
  const fleetOf = (outcome: VerbOutcome): FleetReport => reportOf(outcome).fleets[0]!;
  /** The changes in a report, by kind. */
  const deeds = ({ labelled, tokens, ended, removed }: FleetReport) => ({ labelled, tokens, ended, removed });
  const nothing = { labelled: [], tokens: [], ended: [], removed: [] };
  const state = ({ instanceId }: DeclaredMachine) => clouds.instance(instanceId).state;
  const calls = (action: string) => clouds.aws.calls().filter((call) => call.action === action).length;
  /** Powers a machine off. */
  const sleep = ({ instanceId }: DeclaredMachine) => {
    clouds.host.goDown(instanceId, "poweroff");
  };
  /** Ends a machine, as it does by itself. */
  const retire = (one: DeclaredMachine) => {
    clouds.instance(one.instanceId).shutdownBehavior = "terminate";
    sleep(one);
  };
  /** Registers a machine with its fleet's labels, and leaves it offline. */
  const registerOffline = async (one: DeclaredMachine) =>
    (await clouds.connect(one, { labels: [nameOf(one), "cloud"] })).closeSession();
  const seen = () => parseKnownMachines(clouds.parameter(knownMachinesParameter("dev", fleet)))!;

  describe("machines asleep", () => {
    it("are reported with what keeps them asleep now, not with what put them to sleep, and once for each reason", async () => {
      const other = await clouds.launch(2);
      const both = [machine, other];
      const ids = both.map(({ instanceId }) => instanceId);
      await clouds.writeLists(ids, ids);
      for (const one of both) {
        await registerOffline(one);
        sleep(one);
        const since = new Date(clouds.clock.now()).toISOString();
        clouds.report(one, "asleep", { [tags.since]: since, [tags.detail]: "Put to sleep by ada: repair." });
      }
      const power = { power: "on", by: "stack", reason: "no working hours are set" };
      await clouds.writeParameter(parameters.power, JSON.stringify(power));
      const notesWith = async (limits: object) => {
        await clouds.writeParameter(parameters.limits, JSON.stringify(limits));
        const outcome = await settling();
        expect(outcome.code, outcome.said).to.equal(0);
        return fleetOf(outcome).notes;
      };
      expect(await notesWith({ idleMinutes: 30, minimumAwake: 1 })).to.deep.equal([
        "Asleep: dev-cloud-1. Nothing keeps it asleep: the controller starts it within a minute.",
        "Asleep: dev-cloud-2. It stays asleep until a job, working hours or minimumAwake want it: its fleet has an idle timeout of 30 min.",
      ]);
      expect(await notesWith({ minimumAwake: 0 })).to.deep.equal([
        "Asleep: dev-cloud-1, dev-cloud-2. Nothing keeps it asleep: the controller starts it within a minute.",
      ]);
    });
  });

  it("says from when on GitHub will refuse a runner version, and succeeds", async () => {
    await clouds.connect(machine, {
      labels: [name, "self-hosted", "linux", "x64", "cloud", "extended-timeout"],
    });
    clouds.github.releaseRunner("2.340.0");
    Object.assign(clouds.environment.configuration.fleets.cloud!.runner, { selfUpdate: false });
    const outcome = await settlingAll();
    expect(outcome.code, outcome.said).to.equal(0);
    expect(reportOf(outcome).notes).to.have.lengthOf(1);
    expect(outcome.said).to.include("cloud: runner.version is 2.338.0, and GitHub offers 2.340.0.");
  });

  describe("labels", () => {
    it("gives a machine of the roster exactly the fleet's labels and its own, and says what it changed", async () => {
      await clouds.connect(machine, { labels: [name, "cloud", "by-hand"] });
      const outcome = await settling(["cloud", "nightly"]);
      expect(outcome.code, outcome.said).to.equal(0);
      expect(clouds.entry(machine)!.customLabels).to.deep.equal([name, "cloud", "nightly"]);
      expect(fleetOf(outcome).labelled).to.deep.equal([
        { ...machine, added: ["nightly"], removed: ["by-hand"] },
      ]);
      expect(outcome.said).to.include("+nightly -by-hand");
    });

    it("changes nothing the second time, in whatever order and case the labels are", async () => {
      await clouds.connect(machine, { labels: ["Nightly", name, "cloud"] });
      expect(fleetOf(await settling(["cloud", "nightly"])).labelled).to.deep.equal([]);
    });

    it("does not touch a machine that is not on the roster", async () => {
      const unproven = await clouds.launch(2);
      await clouds.writeLists([machine.instanceId, unproven.instanceId], [machine.instanceId]);
      await clouds.connect(machine);
      await clouds.connect(unproven);
      const outcome = await settling();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(outcome.said).to.include("dev-cloud-2").and.include("is a candidate");
      expect(clouds.entry(unproven)!.customLabels).to.have.length(1);
    });

    it("gives none of the fleet's to a candidate that waits for a token, because it is not proven", async () => {
      const unproven = await clouds.launch(2);
      await clouds.writeLists([machine.instanceId, unproven.instanceId], [machine.instanceId]);
      await clouds.connect(machine);
      await (await clouds.connect(unproven)).closeSession(); // Online, it would need no token, whatever it says.
      clouds.report(unproven, "needs-token");
      const outcome = await settling();
      expect(fleetOf(outcome).labelled.map(({ instanceId }) => instanceId)).to.deep.equal([
        machine.instanceId,
      ]);
      expect(clouds.entry(unproven)!.customLabels).to.deep.equal([nameOf(unproven)]);
    });

    it("removes the fleet's from a machine on neither list, so that it gets no further job", async () => {
      const old = await clouds.launch(2);
      const labels = ["self-hosted", "cloud"];
      await clouds.connect(machine, { labels: [name, ...labels] });
      await clouds.connect(old, { labels: [nameOf(old), ...labels] });
      clouds.report(old, "busy");
      const outcome = await settling(labels);
      const mark = "longhaul-leaving";
      expect(fleetOf(outcome).labelled).to.deep.equal([{ ...old, added: [mark], removed: labels }]);
      expect(clouds.entry(old)!.customLabels).to.deep.equal([nameOf(old), mark]);
      expect(fleetOf(await settling(labels)).labelled).to.deep.equal([]);
      await clouds.writeLists([machine.instanceId, old.instanceId], [machine.instanceId, old.instanceId]);
      expect(fleetOf(await settling(labels)).labelled, "in service again").to.deep.equal([
        { ...old, added: labels, removed: [mark] },
      ]);
    });

    it("leaves only its own to a machine on neither list that was never proven, which shows that it was not", async () => {
      const unproven = await clouds.launch(2);
      await clouds.connect(unproven);
      expect(fleetOf(await settling()).labelled).to.deep.equal([]);
      expect(clouds.entry(unproven)!.customLabels).to.deep.equal([nameOf(unproven)]);
    });

    it("removes those that somebody added by hand, and does not make it look proven", async () => {
      const unproven = await clouds.launch(2);
      await clouds.connect(unproven, { labels: [nameOf(unproven), "cloud"] });
      expect(fleetOf(await settling()).labelled).to.deep.equal([
        { ...unproven, added: [], removed: ["cloud"] },
      ]);
    });

    it("leaves those of every machine alone while the lists cannot be read", async () => {
      await clouds.connect(machine, { labels: [name, "cloud", "by-hand"] });
      await clouds.writeLists([], []);
      expect(fleetOf(await settling()).labelled).to.deep.equal([]);
    });

    it("names a machine of the roster without an entry, labels the others, and does not make an `up` fail", async () => {
      const unregistered = await clouds.launch(2);
      const roster = [unknownId, unregistered.instanceId, machine.instanceId];
      await clouds.writeLists(roster, roster);
      await clouds.connect(machine);
      const { code, said } = await settling();
      expect(code).to.equal(0);
      expect(said).to.include(`${unknownId} is on a list of cloud, but EC2 does not describe it`);
      expect(said).to.include(
        `Runner dev-cloud-2 could not be labelled: its machine ${unregistered.instanceId}`,
      );
      expect(clouds.entry(machine)!.customLabels).to.include("cloud");
      expect((await settlingAll()).code, "a person is asked to run it again").to.equal(3);
    });
  });

  describe("configured tags", () => {
    const tagsOf = ({ instanceId }: DeclaredMachine) => {
      const { tags: onMachine, volumeTags: onDisk } = clouds.instance(instanceId);
      return { onMachine, onDisk };
    };
    const retagging = (ownTags: Record<string, string>) => settling(["cloud"], { ownTags });
    const tagCalls = () => calls("ec2:CreateTags") + calls("ec2:DeleteTags");

    it("are written on existing machines and their disks, awake or asleep, and no machine stops", async () => {
      const asleep = await clouds.launch(2);
      const ids = [machine.instanceId, asleep.instanceId];
      await clouds.writeLists(ids, ids);
      sleep(asleep);
      await clouds.connect(machine);
      const outcome = await retagging({ team: "builds", "acme/cost centre": "4711" });
      expect(outcome.code, outcome.said).to.equal(0);
      expect(outcome.said).to.include("the tags of 4 machines and disks were changed");
      for (const one of [machine, asleep]) {
        for (const all of Object.values(tagsOf(one))) {
          expect(all).to.include({ team: "builds", "acme/cost centre": "4711", [tags.fleet]: fleet });
        }
      }
      expect([state(machine), state(asleep)]).to.deep.equal(["running", "stopped"]);
      expect(fleetOf(outcome).tagged).to.include.members([machine.instanceId, asleep.instanceId]);
    });

    it("are removed if they were removed from the configuration, and tags from elsewhere never are", async () => {
      await clouds.connect(machine);
      for (const all of Object.values(tagsOf(machine)))
        Object.assign(all, { backup: "daily", stage: "hand" });
      await retagging({ team: "builds", owner: "ada" });
      await retagging({ team: "tests" });
      for (const all of Object.values(tagsOf(machine))) {
        expect(all).to.include({ team: "tests", backup: "daily", stage: "hand" });
        expect(all).to.not.have.property("owner");
      }
      await retagging({});
      for (const all of Object.values(tagsOf(machine))) {
        expect(all).to.include({ backup: "daily", stage: "hand", [tags.runner]: machine.runner });
        expect(all).to.not.have.any.keys("team", tags.ownTags);
      }
    });

    it("are exchanged all at once, even if no further tag would fit", async () => {
      await clouds.connect(machine);
      const many = (prefix: string) =>
        Object.fromEntries(Array.from({ length: 35 }, (_, index) => [`${prefix}-${index}`, "x"]));
      await retagging(many("former"));
      for (const all of Object.values(tagsOf(machine))) {
        for (let index = 0; Object.keys(all).length < tagLimits.number; index++) all[`others-${index}`] = "x";
      }
      const outcome = await retagging(many("latter"));
      expect(outcome.code, outcome.said).to.equal(0);
      for (const all of Object.values(tagsOf(machine))) {
        expect(all).to.include(many("latter"));
        expect(all).to.not.have.any.keys(Object.keys(many("former")));
        expect(Object.keys(all)).to.have.lengthOf(tagLimits.number);
      }
    });

    it("are changed in few calls, and without a call if nothing has changed", async () => {
      await clouds.launch(2);
      await clouds.connect(machine);
      await retagging({ team: "builds" });
      expect(tagCalls()).to.equal(1);
      expect(fleetOf(await retagging({ team: "builds" })).tagged).to.deep.equal([]);
      expect(tagCalls()).to.equal(1);
    });

    it("stay as they are on machines of a fleet that is no longer configured", async () => {
      await clouds.connect(machine);
      await retagging({ team: "builds" });
      const { fleets } = clouds.environment.configuration;
      Object.assign(clouds.environment.configuration, { fleets: { other: fleets.cloud! } });
      await settlingAll();
      expect(tagsOf(machine).onMachine).to.include({ team: "builds" });
    });

    it("are on a token's parameter after it was written again", async () => {
      await clouds.connect(machine);
      await clouds.writeParameter(tokenParameter("dev", fleet, machine.instanceId), "a token");
      await retagging({ team: "builds" });
      const parameter = clouds.aws.account.parameters[tokenParameter("dev", fleet, machine.instanceId)]!;
      expect(parameter.value).to.equal(usedToken);
      expect(parameter.tags).to.include({ team: "builds", [tags.instance]: machine.instanceId });
    });
  });

  describe("registration tokens", () => {
    const parameter = (one = machine) => tokenParameter("dev", fleet, one.instanceId);
    const stored = () => clouds.aws.account.parameters[parameter()];
    const asking = () => clouds.report(machine, "needs-token");
    const issued = () => clouds.github.registrationTokens();

    it("are written for a machine that asks, to a parameter that only it may read, and are never printed", async () => {
      asking();
      const outcome = await settling();
      expect(outcome.code).to.equal(0);
      expect(stored()).to.deep.include({ type: "SecureString", value: issued()[0] });
      expect(stored()!.tags).to.include({
        [tags.instance]: machine.instanceId,
        [tags.project]: projectTag,
        [tags.runner]: machine.runner,
      });
      expect(fleetOf(outcome).tokens).to.deep.equal([machine.instanceId]);
      expect(outcome.said).to.include("was given a registration token").and.include("again in a few minutes");
      expect(`${outcome.said}${outcome.results.join("")}`).to.not.include(issued()[0]);
    });

    it("replace the one that the machine has used, in a parameter that has lost its tag", async () => {
      asking();
      await clouds.writeParameter(parameter(), usedToken);
      stored()!.type = "SecureString";
      expect((await settling()).code).to.equal(0);
      expect(stored()).to.deep.include({ value: issued()[0] });
      expect(stored()!.tags).to.include({ [tags.instance]: machine.instanceId });
    });

    it("are encrypted with the environment's key, new or overwritten", async () => {
      const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234";
      asking();
      await settling(["cloud"], { kmsKeyArn });
      expect(stored()).to.include({ keyId: kmsKeyArn });
      stored()!.value = usedToken;
      await settling(["cloud"], { kmsKeyArn });
      expect(stored()).to.deep.include({ keyId: kmsKeyArn, value: issued()[1] });
    });

    it("are not written over one that the machine can still use; after an hour it cannot", async () => {
      asking();
      await settling();
      const outcome = await settling();
      expect(outcome.code).to.equal(0);
      expect(outcome.said).to.include("has a token that it has not used yet");
      expect(deeds(fleetOf(outcome))).to.deep.equal(nothing);
      expect(issued()).to.have.length(1);
      clouds.clock.advance(hour);
      expect(fleetOf(await settling()).tokens).to.deep.equal([machine.instanceId]);
    });

    it("are not written for a machine that does not ask, sleeps, is on no list, or is online", async () => {
      const asleep = await clouds.launch(2);
      const unlisted = await clouds.launch(3);
      const online = await clouds.launch(4);
      const listed = [machine, asleep, online].map(({ instanceId }) => instanceId);
      await clouds.writeLists(listed, listed);
      for (const one of [asleep, unlisted, online]) clouds.report(one, "needs-token");
      sleep(asleep);
      await clouds.connect(machine);
      await clouds.connect(online);
      const outcome = await settling();
      expect(outcome.code).to.equal(0);
      expect(fleetOf(outcome).tokens).to.deep.equal([]);
      expect(issued()).to.have.length(2); // The tokens with which the two runners have registered.
    });

    it("bring a machine back into service: it registers with its own label, and then gets the fleet's", async () => {
      asking();
      await settling();
      await clouds.connect(machine);
      clouds.report(machine, "idle");
      const outcome = await settling(["cloud", "nightly"]);
      expect(outcome.code, outcome.said).to.equal(0);
      expect(clouds.entry(machine)!.customLabels).to.deep.equal([name, "cloud", "nightly"]);
    });

    describe("that were used", () => {
      const old = "an-old-token";
      const deleted = () => calls("ssm:DeleteParameter");

      it("are removed from all versions of the parameter, and the second time nothing is written", async () => {
        asking();
        await settling();
        await clouds.connect(machine);
        clouds.report(machine, "idle");
        await clouds.overwriteToken(machine, usedToken);
        expect(clouds.tokenVersions(machine)).to.deep.equal([issued()[0], usedToken]);
        const outcome = await settling();
        expect(outcome.code, outcome.said).to.equal(0);
        expect(fleetOf(outcome).spentTokens).to.deep.equal([machine.instanceId]);
        expect(clouds.tokenVersions(machine)).to.deep.equal([usedToken]);
        expect(stored()!.tags).to.include({
          [tags.instance]: machine.instanceId,
          [tags.runner]: machine.runner,
        });
        expect(fleetOf(await settling()).spentTokens).to.deep.equal([]);
        expect([deleted(), stored()!.version]).to.deep.equal([1, 1]);
      });

      it("are removed if the machine could not overwrite them itself", async () => {
        await clouds.connect(machine);
        await clouds.writeToken(machine, old);
        expect(fleetOf(await settling()).spentTokens).to.deep.equal([machine.instanceId]);
        expect(clouds.tokenVersions(machine)).to.deep.equal([usedToken]);
      });

      it("are removed from candidates and sleepers as well, without GitHub too", async () => {
        const [candidate, asleep] = [await clouds.launch(2), await clouds.launch(3)];
        const roster = [machine.instanceId, asleep.instanceId];
        await clouds.writeLists([...roster, candidate.instanceId], roster);
        for (const one of [machine, candidate, asleep]) await clouds.writeToken(one, old, usedToken);
        sleep(asleep);
        clouds.useToken(undefined);
        await settlingAll();
        for (const one of [machine, candidate, asleep]) {
          expect(clouds.tokenVersions(one), one.runner).to.deep.equal([usedToken]);
        }
      });

      it("are left if the machine may still need them, and no parameter is created for a candidate", async () => {
        const [candidate, waiting] = [await clouds.launch(2), await clouds.launch(3)];
        const roster = [machine.instanceId];
        await clouds.writeLists([...roster, candidate.instanceId, waiting.instanceId], roster);
        await clouds.writeToken(waiting, "fresh");
        await settling();
        expect(clouds.tokenVersions(waiting)).to.deep.equal(["fresh"]);
        expect(clouds.tokenVersions(candidate)).to.deep.equal([]);
        expect(clouds.tokenVersions(machine), "in service, without a parameter").to.deep.equal([usedToken]);
      });

      it("do not stop the labels if SSM refuses to remove them, and the run says so", async () => {
        await clouds.writeToken(machine, old, usedToken);
        await clouds.connect(machine);
        clouds.aws.faults.add({ action: "ssm:DeleteParameter", error: "AccessDeniedException" });
        const { code, said } = await settling();
        expect(code).to.equal(1);
        expect(said).to.include("ssm:DeleteParameter failed").and.not.include(old);
        expect(clouds.entry(machine)!.customLabels).to.include("cloud");
      });
    });

    it("are not quoted if SSM refuses one", async () => {
      asking();
      clouds.aws.faults.add({ action: "ssm:PutParameter", error: "AccessDeniedException", times: 9 });
      const { code, said } = await settling();
      expect(code).to.equal(1);
      expect(said).to.include("ssm:PutParameter failed").and.not.include(issued()[0]);
    });
  });

  describe("a machine on neither list", () => {
    let old: DeclaredMachine;
    beforeEach(async () => {
      old = await clouds.launch(2);
      await clouds.connect(machine, { labels: [name, "cloud"] });
    });

    it("that sleeps is terminated and its entry removed, and the second time nothing is left to do", async () => {
      await registerOffline(old);
      sleep(old);
      const outcome = await settling();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(state(old)).to.equal("terminated");
      expect(clouds.entry(old)).to.equal(undefined);
      expect(deeds(fleetOf(outcome))).to.deep.equal({
        ...nothing,
        ended: [old.instanceId],
        removed: [nameOf(old)],
      });
      const again = await settling();
      expect(again.code, again.said).to.equal(0);
      expect(deeds(fleetOf(again))).to.deep.equal(nothing);
    });

    it("is awaited for a while if EC2 takes time to terminate it", async () => {
      await registerOffline(old);
      sleep(old);
      const instance = clouds.instance(old.instanceId);
      const terminate = { state: "stopped" as string };
      Object.defineProperty(instance, "state", {
        get: () => (terminate.state === "terminated" ? "shutting-down" : terminate.state),
        set: (value: string) => void (terminate.state = value),
        configurable: true,
      });
      clouds.meanwhile(() => Object.defineProperty(instance, "state", { value: "terminated" }));
      expect(fleetOf(await settling()).removed).to.deep.equal([nameOf(old)]);
    });

    it("that runs a job is reported with its link, and needs no further run", async () => {
      clouds.report(old, "busy", { [tags.job]: "acme/app/actions/runs/77" });
      const { code, said } = await settling();
      expect(code, said).to.equal(0);
      expect(said).to.include(`${old.instanceId} (dev-cloud-2) is on neither list of cloud and runs a job`);
      expect(said).to.include(`${clouds.githubUrl}/acme/app/actions/runs/77`);
      expect(state(old)).to.equal("running");
    });

    it("that is silent or overdue is left running and reported with what to do", async () => {
      const late = await clouds.launch(3);
      clouds.report(late, "idle");
      clouds.clock.advance(2 * hour);
      const { code, said } = await settling();
      expect(code).to.equal(0);
      expect(said).to.match(new RegExp(`${old.instanceId} .*has never reported anything.*#machine-silent`));
      expect(said).to.match(new RegExp(`${late.instanceId} .*has not left.*#machine-stays`));
      expect([state(old), state(late)]).to.deep.equal(["running", "running"]);
      for (const action of ["ec2:TerminateInstances", "ec2:StopInstances", "ec2:ModifyInstanceAttribute"]) {
        expect(calls(action), action).to.equal(0);
      }
    });

    it("that another settle terminates at the same moment is no failure", async () => {
      await registerOffline(old);
      sleep(old);
      const instance = clouds.instance(old.instanceId);
      Object.defineProperty(instance, "disableApiStop", {
        get: () => false,
        set: () => Object.assign(instance, { state: "terminated", terminatedAt: clouds.clock.now() }),
      });
      const { code, said } = await settling();
      expect(code, said).to.equal(0);
      expect(clouds.entry(old)).to.equal(undefined);
    });

    it("that EC2 refuses to terminate is locked again, and terminated by the next run", async () => {
      sleep(old);
      clouds.aws.faults.add({ action: "ec2:TerminateInstances", error: "UnauthorizedOperation" });
      const { code, said } = await settling();
      expect(code).to.equal(1);
      expect(said).to.include("dev-cloud: ec2:TerminateInstances failed").and.include("Run it again");
      expect(clouds.instance(old.instanceId)).to.include({ disableApiStop: true, state: "stopped" });
      expect(fleetOf(await settling()).ended).to.deep.equal([old.instanceId]);
    });
  });

  describe("an entry at GitHub", () => {
    let old: DeclaredMachine;
    beforeEach(async () => {
      await clouds.connect(machine, { labels: [name, "cloud"] });
      old = await clouds.launch(2);
      clouds.report(old, "idle");
      await registerOffline(old);
    });
    const hide = (forMs: number) => {
      clouds.instance(old.instanceId).visibleFrom = clouds.clock.now() + forMs;
    };

    it("is removed if its machine is terminated", async () => {
      retire(old);
      const outcome = await settling();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(fleetOf(outcome).removed).to.deep.equal([nameOf(old)]);
      expect(clouds.entry(old)).to.equal(undefined);
    });

    it("stays while GitHub shows it online, and a later run removes it", async () => {
      const runner = await clouds.connect(await clouds.launch(3));
      const third = { runner: "dev-cloud-3", instanceId: runner.name.slice("dev-cloud-3-".length) };
      retire(third);
      const outcome = await settling();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(outcome.said)
        .to.include("GitHub still shows it online")
        .and.include("A later settle removes it");
      await runner.closeSession();
      expect(fleetOf(await settling()).removed).to.deep.equal([runner.name]);
    });

    it("is removed an hour after its machine was last seen, and not if the machine was seen again in between", async () => {
      await settling();
      hide(2 * hour);
      clouds.clock.advance(hour - minute);
      const early = await settling();
      expect(early.code).to.equal(0);
      expect(early.said).to.include("EC2 does not describe its machine").and.include("settle` again after");
      expect(clouds.entry(old), "out of sight for 59 minutes").to.not.equal(undefined);

      hide(0);
      expect((await settling()).code).to.equal(0);
      hide(2 * hour);
      clouds.clock.advance(hour - minute);
      await settling();
      expect(clouds.entry(old), "seen in between").to.not.equal(undefined);

      clouds.clock.advance(minute);
      const late = await settling();
      expect(late.code, late.said).to.equal(0);
      expect(late.said).to.include("EC2 has not known its machine").and.include("since it was last seen at");
      expect(clouds.entry(old)).to.equal(undefined);
      expect([...seen().keys()], "forgotten at the next look").to.include(old.instanceId);
      await settling();
      expect([...seen().keys()]).to.deep.equal([machine.instanceId]);
    });

    it("stays for good if its machine was never seen, or if GitHub shows it online", async () => {
      const lost = { runner: "dev-cloud-7", instanceId: unknownId };
      await registerOffline(lost);
      await settling();
      hide(30 * 24 * hour);
      await clouds.connect(old, { name: `dev-cloud-8-${old.instanceId}` });
      clouds.clock.advance(2 * hour);
      const { code, said } = await settling();
      expect(code).to.equal(0);
      expect(said).to.match(/dev-cloud-7-\S+ stays at GitHub: EC2 does not know its machine.*#entry-unknown/);
      expect(said).to.match(/dev-cloud-8-\S+ stays at GitHub: .*GitHub shows it online.*#entry-unknown/);
      expect(clouds.entry(lost)).to.not.equal(undefined);
    });

    it("of an instance without a machine's tags stays, and is reported", async () => {
      clouds.instance(old.instanceId).tags = {};
      const { code, said } = await settling();
      expect(code).to.equal(0);
      expect(said).to.include("is running and does not carry the tags of a machine");
    });

    it("is reported once, as a machine, if EC2 does not describe the machine and it is on a list", async () => {
      await clouds.writeLists([machine.instanceId, old.instanceId], [machine.instanceId, old.instanceId]);
      hide(hour);
      const { unsettled } = fleetOf(await settling());
      expect(unsettled).to.have.length(1);
      expect(unsettled[0]).to.include(`${old.instanceId} is on a list of cloud`);
    });

    it("is left alone if the known machines cannot be written", async () => {
      retire(old);
      clouds.aws.faults.add({ action: "ssm:PutParameter", error: "AccessDeniedException", times: 9 });
      const { code, said } = await settling();
      expect(code).to.equal(1);
      expect(said).to.include("ssm:PutParameter failed");
      expect(clouds.entry(old)).to.not.equal(undefined);
    });

    it("is removed even if there is no parameter for the known machines, which is no failure", async () => {
      clouds.deleteParameter(knownMachinesParameter("dev", fleet));
      retire(old);
      expect(fleetOf(await settling()).removed).to.deep.equal([nameOf(old)]);
      expect(clouds.parameter(knownMachinesParameter("dev", fleet))).to.equal(undefined);
    });
  });

  describe("a fleet with unreadable lists", () => {
    const damages: [string, () => Promise<unknown> | undefined][] = [
      [
        "are gone",
        () => {
          for (const list of [parameters.candidates, parameters.roster]) clouds.deleteParameter(list);
          return undefined;
        },
      ],
      ["are damaged", () => clouds.writeParameter(parameters.roster, '{"machines": "i-1"}')],
      ["are both empty", () => clouds.writeLists([], [])],
    ];
    for (const [why, damage] of damages) {
      it(`that ${why} loses no machine, no entry and no label`, async () => {
        const asleep = await clouds.launch(2);
        const gone = await clouds.launch(3);
        await registerOffline(asleep);
        await registerOffline(gone);
        await clouds.connect(machine);
        sleep(asleep);
        retire(gone);
        if (why === "are damaged") await clouds.writeLists([], [machine.instanceId]);
        await damage();
        const outcome = await settling();
        expect(outcome.code).to.equal(0);
        expect(outcome.said)
          .to.include(parameters.roster)
          .and.include("missing, damaged or both empty")
          .and.include("nothing was terminated or removed")
          .and.include(`${nameOf(asleep)} (stopped)`)
          .and.include(`the entry ${nameOf(gone)}`);
        expect(deeds(fleetOf(outcome))).to.deep.equal(nothing);
        expect([state(asleep), clouds.entry(gone)?.name]).to.deep.equal(["stopped", nameOf(gone)]);
        expect(calls("ec2:ModifyInstanceAttribute")).to.equal(0);
      });
    }
  });

  describe("by hand", () => {
    /** Launches a machine of another fleet. */
    const launchIn = async (other: string, environment = "dev") => ({
      ...(await clouds.launch(1, { [tags.fleet]: other, [tags.environment]: environment })),
      runner: `${environment}-${other}-1`,
    });
    it("takes the labels from the configuration", async () => {
      await clouds.connect(machine);
      const outcome = await settlingAll();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(clouds.entry(machine)!.customLabels).to.have.members([
        name,
        "self-hosted",
        "linux",
        "x64",
        "cloud",
        "extended-timeout",
      ]);
      expect(deeds(fleetOf(await settlingAll()))).to.deep.equal(nothing);
    });

    it("settles fleets that are known only from their machines or entries", async () => {
      await clouds.connect(machine);
      const gpu = await launchIn("gpu");
      await registerOffline({ runner: "dev-arm-1", instanceId: unknownId });
      const outcome = await settlingAll();
      expect(outcome.code).to.equal(3);
      expect(reportOf(outcome).fleets.map((one) => one.fleet)).to.deep.equal(["cloud", "gpu", "arm"]);
      expect(outcome.said)
        .to.include("The lists of dev-gpu")
        .and.include(`${gpu.instanceId} (running)`)
        .and.include("The lists of dev-arm")
        .and.include(`the entry dev-arm-1-${unknownId}`);
    });

    it("terminates a sleeping machine of a fleet that is no longer configured, by that fleet's own lists", async () => {
      const gpu = await launchIn("gpu");
      const { candidates, roster } = fleetParameters("dev", "gpu");
      await clouds.writeParameter(candidates, JSON.stringify({ machines: [unknownId] }));
      await clouds.writeParameter(roster, JSON.stringify({ machines: [unknownId] }));
      sleep(gpu);
      const outcome = await settlingAll("--fleet", "gpu");
      expect(deeds(fleetOf(outcome))).to.deep.equal({ ...nothing, ended: [gpu.instanceId] });
    });

    it("reports nothing about another environment with names that can be read as its own", async () => {
      await clouds.connect(machine);
      await registerOffline(await launchIn("cloud", "dev-eu"));
      const outcome = await settlingAll();
      expect(outcome.code, outcome.said).to.equal(0);
      expect(outcome.said).to.not.include("dev-eu");
    });

    it("settles only the fleet of --fleet, and refuses one that does not exist", async () => {
      await clouds.connect(machine);
      await launchIn("gpu");
      expect(reportOf(await settlingAll("--fleet", fleet)).fleets.map((one) => one.fleet)).to.deep.equal([
        fleet,
      ]);
      const { code, said } = await settlingAll("--fleet", "cluod");
      expect(code).to.equal(2);
      expect(said).to.match(/There is no fleet cluod\. The fleets are .*cloud/);
    });

    it("reports a machine without a fleet", async () => {
      const stray = await clouds.launch(5, { [tags.fleet]: "" });
      expect((await settlingAll()).said).to.include(`${stray.instanceId} (running) is tagged`);
    });

    it("does what needs no GitHub without a token, and says what was left", async () => {
      const old = await clouds.launch(2);
      await registerOffline(old);
      sleep(old);
      clouds.useToken(undefined);
      const outcome = await settlingAll();
      expect(outcome.code).to.equal(3);
      expect(outcome.said).to.include("no GitHub credentials").and.include("were left as they were");
      expect(deeds(fleetOf(outcome))).to.deep.equal({ ...nothing, ended: [old.instanceId] });
      expect(clouds.entry(old)).to.not.equal(undefined);
      expect([...seen().keys()]).to.have.members([machine.instanceId, old.instanceId]);
    });
  });

  it("needs a token if the stack runs it", async () => {
    clouds.useToken(undefined);
    expect(await settling()).to.include({ code: 2 });
  });

  it("does what needs no GitHub if GitHub fails, and does the rest the next time", async () => {
    const old = await clouds.launch(2);
    await registerOffline(old);
    await clouds.connect(machine);
    sleep(old);
    clouds.github.faults.add({
      kind: "answer",
      status: 500,
      times: 4,
      method: "GET",
      path: /\/actions\/runners/,
    });
    const failed = await settling();
    expect(failed.code).to.equal(1);
    expect(failed.said)
      .to.include("GitHub failed at listing the runners")
      .and.include("were left as they were");
    expect(fleetOf(failed).ended).to.deep.equal([old.instanceId]);
    const healed = await settling();
    expect(healed.code, healed.said).to.equal(0);
    expect(deeds(fleetOf(healed))).to.deep.include({ removed: [nameOf(old)] });
    expect(clouds.entry(machine)!.customLabels).to.include("cloud");
  });

  it("continues with the next step if one fails, and stores the known machines before it changes anything", async () => {
    const old = await clouds.launch(2);
    await registerOffline(old);
    await clouds.connect(machine);
    sleep(old);
    clouds.github.faults.add({ kind: "answer", status: 502, times: 4, method: "PUT", path: /labels$/ });
    const outcome = await settling();
    expect(outcome.code).to.equal(1);
    expect(outcome.said).to.include(`GitHub failed at labelling ${name}`);
    expect(deeds(fleetOf(outcome))).to.include.keys("ended", "removed");
    expect(fleetOf(outcome)).to.deep.include({ ended: [old.instanceId], removed: [nameOf(old)] });
    expect([...seen().keys()]).to.include.members([machine.instanceId, old.instanceId]);
  });

  it("continues through throttling and a secondary rate limit", async () => {
    await clouds.connect(machine);
    clouds.aws.faults.add({ action: "ssm:GetParameters", error: "ThrottlingException" });
    clouds.github.faults.add({ kind: "answer", status: 403, times: 1, method: "PUT", retryAfterSeconds: 1 });
    const { code, said } = await settling();
    expect(code, said).to.equal(0);
    expect(clouds.entry(machine)!.customLabels).to.include("cloud");
  });
});
