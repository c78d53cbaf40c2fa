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

  it("are undefined, with a reason, if they cannot be read", async () => {
    const { aws } = fakeAws(() => {
      throw new Failure("ssm:GetParameters failed: NoAnswer");
    });
    expect(await readSettings(configuration, aws)).to.deep.equal({
      ...unreadSettings,
      problem: "ssm:GetParameters failed: NoAnswer",
    });
  });

  it("are reported by name if they are missing or damaged, and the others are used", async () => {
    const rest = Object.fromEntries(Object.entries(values).filter(([name]) => name !== names.roster));
    const { aws } = fakeAws(() => answerOf({ ...rest, [names.power]: "{" }));
    const reading = await readSettings(configuration, aws);
    expect(reading).to.deep.include({ roster: undefined, power: undefined, candidates: ["i-1", "i-2"] });
    expect(reading.problem).to.equal(`missing or damaged: ${names.roster}, ${names.power}`);
  });

  it("keep their known values if they cannot be read", () => {
    const known = { candidates: ["i-1"], roster: ["i-1"], ...others };
    expect(keepKnown(known, unreadSettings)).to.deep.equal(known);
    const power = { ...initialPower, reason: "it is day" };
    expect(keepKnown(known, { ...unreadSettings, power })).to.deep.equal({ ...known, power });
  });

  it("only add machines to a list if the other list cannot be read", () => {
    const known = {
      candidates: ["i-1", "i-2"],
      roster: ["i-1"],
      power: initialPower,
      override: initialOverrideSetting,
      limits: neverIdle,
    };
    // In the meantime i-2 may have come into service, and the unreadable roster may name it.
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
    const incidents: string[] = [];
    const fleet = watchFleet({
      machine: { runner: "dev-cloud-1", instanceId: "i-1" },
      pollSeconds: 30,
      listedMark: `${folder.path}/${mark}`,
      readSettings: () => Promise.resolve(reading()),
      incidents: { goesOn: (kind) => incidents.push(kind), isOver: () => incidents.splice(0) },
      clock: fakeClock(),
      log: (line) => lines.push(line),
    });
    return { fleet, lines, incidents };
  }

  it("is read every five seconds until the machine is listed, and then as configured", async () => {
    const { fleet } = watch(() => healthy, "pace");
    expect(fleet.nextReadMs()).to.equal(5000);
    await fleet.read();
    expect(fleet.nextReadMs()).to.equal(30_000);
  });

  it("lets a machine retire only after it was on a list, even if the agent has restarted since", async () => {
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

  it("lets a machine retire only after two consecutive reads without it, because one read may mix old and new lists", async () => {
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

  it("keeps the job limit until a read changes it", async () => {
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

  it("is that of a candidate before there is a roster", async () => {
    const { fleet } = watch(() => ({ ...healthy, roster: undefined, problem: "missing" }), "first");
    await fleet.read();
    expect(fleet.view().listing).to.equal("candidate");
  });

  it("lets every machine retire while the fleet closes", async () => {
    const { fleet } = watch(
      () => ({ ...healthy, override: { ...initialOverrideSetting, closing: true } }),
      "closing",
    );
    await fleet.read();
    expect(fleet.view()).to.include({ listing: "none", mayRetire: true });
  });

  it("has unknown power until power was read", () => {
    expect(watch(() => healthy, "power").fleet.view().power).to.equal(undefined);
  });

  it("reports a failed read once, and its end", async () => {
    let reading: SettingsReading = { ...unreadSettings, problem: "AccessDeniedException" };
    const { fleet, lines, incidents } = watch(() => reading, "failing");
    await fleet.read();
    await fleet.read();
    expect(incidents, "as an incident too").to.include("parametersUnread");
    reading = healthy;
    await fleet.read();
    expect(incidents).to.deep.equal([]);
    reading = { ...healthy, roster: undefined, isAnswered: true, problem: "missing" };
    await fleet.read();
    expect(incidents, "a new fleet without a roster is no incident").to.deep.equal([]);
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
