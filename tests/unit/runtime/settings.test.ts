import { expect } from "chai";
import { Failure } from "../../../contract/failure.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../../../contract/override.ts";
import { fleetParameters, formatMachineList, initialPower } from "../../../contract/parameters.ts";
import { watchFleet } from "../../../runtime/agent/fleet-watch.ts";
import type { SettingsReading } from "../../../runtime/agent/settings.ts";
import { keepKnown, readSettings, unreadSettings } from "../../../runtime/agent/settings.ts";
import { configuration, fakeAws, fakeClock, temporaryFolder } from "./fixture.ts";

const names = fleetParameters("dev", "cloud");
const neverIdle = { minimumAwake: 0 };
const values: Record<string, string> = {
  [names.candidates]: formatMachineList(["i-1", "i-2"]),
  [names.roster]: formatMachineList(["i-1"]),
  [names.power]: JSON.stringify(initialPower),
  [names.override]: formatOverrideSetting(initialOverrideSetting),
  [names.limits]: JSON.stringify(neverIdle),
};
const others = { power: initialPower, override: initialOverrideSetting, limits: neverIdle };
const answerOf = (held: Record<string, string>) => ({
  Parameters: Object.entries(held).map(([Name, Value]) => ({ Name, Value })),
  InvalidParameters: [],
});

describe("the fleet's parameters on the machine", () => {
  it("are read in one call", async () => {
    const { aws, calls } = fakeAws(() => answerOf(values));
    expect(await readSettings(configuration, aws)).to.deep.equal({
      candidates: ["i-1", "i-2"],
      roster: ["i-1"],
      power: initialPower,
      override: initialOverrideSetting,
      limits: neverIdle,
      isAnswered: true,
    });
    expect(calls).to.deep.equal([{ action: "ssm:GetParameters", input: { Names: Object.values(names) } }]);
  });

  it("are undefined, with a reason, if they cannot be read; reading never throws", async () => {
    const { aws } = fakeAws(() => {
      throw new Failure("ssm:GetParameters failed: NoAnswer");
    });
    expect(await readSettings(configuration, aws)).to.deep.equal({
      ...unreadSettings,
      problem: "ssm:GetParameters failed: NoAnswer",
    });
  });

  it("are reported by name if one is missing or damaged, and the others are used", async () => {
    const rest = Object.fromEntries(Object.entries(values).filter(([name]) => name !== names.roster));
    const { aws } = fakeAws(() => answerOf({ ...rest, [names.power]: "{" }));
    const reading = await readSettings(configuration, aws);
    expect(reading).to.deep.include({ roster: undefined, power: undefined, candidates: ["i-1", "i-2"] });
    expect(reading.problem).to.equal(`missing or damaged: ${names.roster}, ${names.power}`);
  });

  it("change nothing if they cannot be read", () => {
    const known = { candidates: ["i-1"], roster: ["i-1"], ...others };
    expect(keepKnown(known, unreadSettings)).to.deep.equal(known);
    const power = { ...initialPower, reason: "it is day" };
    expect(keepKnown(known, { ...unreadSettings, power })).to.deep.equal({ ...known, power });
  });

  it("can only add machines if one list is read without the other", () => {
    const known = {
      candidates: ["i-1", "i-2"],
      roster: ["i-1"],
      power: initialPower,
      override: initialOverrideSetting,
      limits: neverIdle,
    };
    // Meanwhile i-2 has come into service: the roster that cannot be read may name it.
    const after = keepKnown(known, { ...known, candidates: ["i-3"], roster: undefined });
    expect(after).to.deep.equal({ ...known, candidates: ["i-1", "i-2", "i-3"] });
    expect(keepKnown(known, { ...known, candidates: undefined, roster: ["i-2"] })).to.deep.equal({
      ...known,
      roster: ["i-1", "i-2"],
    });
    expect(keepKnown(after, { ...known, candidates: ["i-3"], roster: ["i-3"] })).to.deep.include({
      candidates: ["i-3"],
      roster: ["i-3"],
    });
    const empty = { ...known, candidates: [], roster: [] };
    expect(keepKnown(empty, { ...known, candidates: undefined, roster: ["i-3"] })).to.deep.equal(empty);
    expect(keepKnown(unreadSettings, { ...unreadSettings, candidates: ["i-1"] })).to.deep.equal({
      ...unreadSettings,
      candidates: ["i-1"],
    });
  });
});

describe("the machine's place in its fleet", () => {
  const folder = temporaryFolder();
  after(folder.remove);
  const healthy = { candidates: ["i-1"], roster: ["i-1"], ...others };

  function watch(reading: () => SettingsReading, mark: string) {
    const lines: string[] = [];
    const told: string[] = [];
    const fleet = watchFleet({
      machine: { runner: "dev-cloud-1", instanceId: "i-1" },
      pollSeconds: 30,
      listedMark: `${folder.path}/${mark}`,
      readSettings: () => Promise.resolve(reading()),
      incidents: { goesOn: (kind) => told.push(kind), isOver: () => told.splice(0) },
      clock: fakeClock(),
      log: (line) => lines.push(line),
    });
    return { fleet, lines, told };
  }

  it("is read every five seconds by a machine that is not listed yet, and as configured by a listed one", async () => {
    const { fleet } = watch(() => healthy, "pace");
    expect(fleet.nextReadMs()).to.equal(5000);
    await fleet.read();
    expect(fleet.nextReadMs()).to.equal(30_000);
  });

  it("lets it retire only after it was on a list, which it remembers across restarts of the agent", async () => {
    let reading: SettingsReading = { ...healthy, candidates: ["i-9"], roster: ["i-9"] };
    const { fleet } = watch(() => reading, "listed");
    await fleet.read();
    expect(fleet.view()).to.include({ listing: "none", mayRetire: false });
    reading = { ...healthy, roster: [] };
    await fleet.read();
    expect(fleet.view().listing).to.equal("candidate");
    const again = watch(() => ({ ...healthy, candidates: ["i-9"], roster: [] }), "listed").fleet;
    await again.read();
    await again.read();
    expect(again.view()).to.include({ listing: "none", mayRetire: true });
  });

  it("lets it retire only after two consecutive reads without it, because one read may bring lists of two moments", async () => {
    let reading: SettingsReading = healthy;
    const { fleet } = watch(() => reading, "torn");
    await fleet.read();
    const off = { ...healthy, candidates: ["i-9"], roster: ["i-9"] };
    const mayRetire = async (next: SettingsReading) => {
      reading = next;
      await fleet.read();
      return fleet.view().mayRetire;
    };
    expect(await mayRetire(off)).to.equal(false);
    expect(await mayRetire(healthy)).to.equal(false);
    expect(await mayRetire(off)).to.equal(false);
    expect(await mayRetire({ ...unreadSettings, problem: "ThrottlingException" })).to.equal(false);
    expect(await mayRetire(off)).to.equal(true);
  });

  it("includes how long its job may run, until it reads otherwise", async () => {
    const enforced = { ...neverIdle, maxJobHours: 8, enforce: true };
    let reading: SettingsReading = { ...healthy, limits: enforced };
    const { fleet } = watch(() => reading, "limit");
    const limitAfter = async (next: SettingsReading) => {
      reading = next;
      await fleet.read();
      return fleet.view().jobLimit;
    };
    expect(fleet.view().jobLimit).to.equal(undefined);
    expect(await limitAfter(reading)).to.deep.equal({ hours: 8, enforce: true });
    expect(await limitAfter(unreadSettings)).to.deep.equal({ hours: 8, enforce: true });
    expect(await limitAfter({ ...unreadSettings, isAnswered: true })).to.equal(undefined);
    expect(fleet.view().idleMinutes).to.equal(undefined);
    expect(await limitAfter({ ...healthy, limits: { ...neverIdle, maxJobHours: 8 } })).to.deep.equal({
      hours: 8,
      enforce: false,
    });
    expect(await limitAfter(healthy)).to.equal(undefined);
  });

  it("is a candidate for a first machine, before there is a roster", async () => {
    const { fleet } = watch(() => ({ ...healthy, roster: undefined, problem: "missing" }), "first");
    await fleet.read();
    expect(fleet.view().listing).to.equal("candidate");
  });

  it("lets every machine of a closing fleet retire", async () => {
    const { fleet } = watch(
      () => ({ ...healthy, override: { ...initialOverrideSetting, closing: true } }),
      "closing",
    );
    await fleet.read();
    expect(fleet.view()).to.include({ listing: "none", mayRetire: true });
  });

  it("is unknown, not on, if power was never read", () => {
    expect(watch(() => healthy, "power").fleet.view().power).to.equal(undefined);
  });

  it("is reported once if a read fails, and once when it succeeds again", async () => {
    let reading: SettingsReading = { ...unreadSettings, problem: "AccessDeniedException" };
    const { fleet, lines, told } = watch(() => reading, "told");
    await fleet.read();
    await fleet.read();
    expect(told, "to people too").to.include("parametersUnread");
    reading = healthy;
    await fleet.read();
    expect(told).to.deep.equal([]);
    reading = { ...healthy, roster: undefined, isAnswered: true, problem: "missing" };
    await fleet.read();
    expect(told, "not that a new fleet has no roster yet").to.deep.equal([]);
    reading = healthy;
    await fleet.read();
    expect(lines).to.deep.equal([
      "The fleet's parameters cannot be read: AccessDeniedException.",
      "The fleet's parameters are read again.",
      "The fleet's parameters cannot be read: missing.",
      "The fleet's parameters are read again.",
    ]);
  });
});
