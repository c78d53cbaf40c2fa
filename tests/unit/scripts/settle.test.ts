import { expect } from "chai";
import type { DeclaredMachine } from "../../../contract/requests.ts";
import { machineName } from "../../../contract/names.ts";
import { fleet, parameters, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";

describe("longhaul settle", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  let name: string;
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
    name = machineName(machine.runner, machine.instanceId);
  });
  afterEach(() => clouds.close());

  const settling = (labels: string[]) =>
    clouds.longhaul(["settle", "--json"], { target: clouds.target, fleet, labels });
  const changedOf = ({ results }: { results: string[] }) =>
    (JSON.parse(results[0]!) as { changed: { added: string[]; removed: string[] }[] }).changed;

  it("gives a machine of the roster exactly the fleet's labels and its own, and says what it changed", async () => {
    await clouds.writeLists([machine.instanceId], [machine.instanceId]);
    await clouds.connect(machine, { labels: [name, "cloud", "by-hand"] });
    const outcome = await settling(["cloud", "nightly"]);
    expect(outcome.code, outcome.said).to.equal(0);
    expect(clouds.entry(machine)!.customLabels).to.deep.equal([name, "cloud", "nightly"]);
    expect(changedOf(outcome)).to.deep.equal([{ ...machine, added: ["nightly"], removed: ["by-hand"] }]);
    expect(outcome.said).to.include("+nightly -by-hand");
  });

  it("changes nothing the second time, in whatever order and case the labels are", async () => {
    await clouds.writeLists([machine.instanceId], [machine.instanceId]);
    await clouds.connect(machine, { labels: ["Nightly", name, "cloud"] });
    expect(changedOf(await settling(["cloud", "nightly"]))).to.deep.equal([]);
  });

  it("does not touch a machine that is not on the roster", async () => {
    const unproven = await clouds.launch(2);
    await clouds.writeLists([machine.instanceId, unproven.instanceId], [machine.instanceId]);
    await clouds.connect(machine);
    await clouds.connect(unproven);
    expect((await settling(["cloud"])).code).to.equal(0);
    expect(clouds.entry(unproven)!.customLabels).to.have.length(1);
  });

  it("names a machine of the roster without an entry, labels the others, and asks to be run again", async () => {
    const gone = "i-0123456789abcdef0";
    const unregistered = await clouds.launch(2);
    const roster = [gone, unregistered.instanceId, machine.instanceId];
    await clouds.writeLists(roster, roster);
    await clouds.connect(machine);
    const { code, said } = await settling(["cloud"]);
    expect(code).to.equal(3);
    expect(said).to.include(`${gone} is on the roster of cloud, and EC2 does not describe it`);
    expect(said).to.include(
      `Runner dev-cloud-2 could not be labelled: its machine ${unregistered.instanceId}`,
    );
    expect(clouds.entry(machine)!.customLabels).to.include("cloud");
  });

  it("does nothing without a roster, or with a damaged one", async () => {
    await clouds.connect(machine);
    expect((await settling(["cloud"])).said)
      .to.include(parameters.roster)
      .and.include("does not exist or is damaged");
    await clouds.writeParameter(parameters.roster, '{"machines": "i-1"}');
    expect((await settling(["cloud"])).code).to.equal(1);
    expect(clouds.entry(machine)!.customLabels).to.have.length(1);
  });
});
