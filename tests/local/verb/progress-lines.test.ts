import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { expect } from "chai";
import { createProgressLines } from "../../../cli/verbs/local/progress-lines.ts";
import { createUnderWay } from "../../../cli/engine/under-way.ts";
import { tellEngineEvent } from "../../../cli/engine/tell-engine.ts";

/** An engine event about one resource, before (`began`) or after its step. */
function event(op: string, type: string, name: string, began = false, planning = false): EngineEvent {
  const metadata = { op, type, urn: `urn:pulumi:local::longhaul::${type}::${name}` };
  const key = began ? "resourcePreEvent" : "resOutputsEvent";
  return { sequence: 1, timestamp: 0, [key]: { metadata, planning } };
}

const command = "command:local:Command";

describe("what is printed of the engine's steps", () => {
  const rows: [EngineEvent, string | undefined][] = [
    [event("create", "aws:ec2/instance:Instance", "local-cloud-1-ab"), "machine local-cloud-1-ab launched"],
    [event("create", "aws:ec2/instance:Instance", "local-cloud-1-ab", true), undefined],
    [event("create", command, "local-cloud-1-ab", true), "smoke test dispatched onto local-cloud-1-ab"],
    [event("create", command, "local-cloud-1-ab"), "smoke job in progress on local-cloud-1-ab"],
    [event("create", command, "local-cloud-await"), "machines of local-cloud are online and have its labels"],
    [event("create", command, "local-cloud-settle"), "machines of local-cloud are in service"],
    [event("update", command, "local-cloud-await"), "machines of local-cloud are online and have its labels"],
    [event("update", command, "local-cloud-settle"), "machines of local-cloud are in service"],
    [event("update", "aws:ssm/parameter:Parameter", "local-cloud-roster"), undefined],
    [event("create", command, "local-cloud-guard"), undefined],
    [event("delete", command, "local-cloud-guard"), "local-cloud-guard: no machine uses what it guards"],
    [event("create", command, "local-us-east-1-lift", true), undefined],
    [event("create", command, "local-us-east-1-lift"), undefined],
    [
      event("create", command, "local-us-east-1-meter", true),
      "waiting until the controller counts what is spent",
    ],
    [event("create", command, "local-us-east-1-meter"), undefined],
    [event("delete", "aws:ec2/vpc:Vpc", "local"), undefined],
    [event("same", "aws:ec2/instance:Instance", "local-cloud-1-ab"), undefined],
    [event("create", "aws:ec2/instance:Instance", "local-cloud-1-ab", false, true), undefined],
    [event("create", "aws:ssm/parameter:Parameter", "local-cloud-roster"), undefined],
  ];
  for (const [one, line] of rows) {
    const { op, type, urn } = (one.resourcePreEvent ?? one.resOutputsEvent)!.metadata;
    const when = one.resourcePreEvent ? "before" : "after";
    it(`${when} ${op} of ${type} ${urn.split("::").pop()!}: ${line ?? "nothing"}`, () => {
      expect(tellEngineEvent(one)).to.equal(line);
    });
  }
});

describe("the progress of a working engine", () => {
  const guard = "local-cloud-eu-central-1-guard";

  it("is each step that has begun and not ended", () => {
    const underWay = createUnderWay();
    expect(underWay.words()).to.equal("the engine");
    underWay.see(event("delete", command, guard, true));
    underWay.see(event("same", "aws:ec2/vpc:Vpc", "local", true));
    underWay.see(event("create", "aws:ec2/vpc:Vpc", "planned", true, true));
    expect(underWay.words()).to.equal(`the engine, which deletes ${guard}`);
    for (const name of ["b", "c", "d", "e"]) underWay.see(event("update", command, name, true));
    expect(underWay.words()).to.equal(`the engine, which deletes ${guard}, changes b, changes c and 2 more`);
    for (const name of [guard, "b", "c"]) underWay.see(event("update", command, name));
    expect(underWay.words()).to.equal("the engine, which changes d, changes e");
  });

  it("does not include a step that has failed", () => {
    const underWay = createUnderWay();
    const begun = event("delete", command, guard, true);
    underWay.see(begun);
    const { metadata } = begun.resourcePreEvent!;
    underWay.see({ sequence: 2, timestamp: 0, resOpFailedEvent: { metadata, status: 1, steps: 1 } });
    expect(underWay.words()).to.equal("the engine");
  });
});

describe("progress lines", () => {
  const streamOf = (isTTY: boolean) => {
    const written: string[] = [];
    const stream = { isTTY, columns: 40, write: (text: string) => written.push(text) };
    return { written, stream: stream as unknown as NodeJS.WriteStream };
  };

  it("gives each line the seconds since the start", () => {
    const { written, stream } = streamOf(false);
    let now = 1000;
    const tell = createProgressLines(stream, () => now);
    now += 12_345;
    tell("network made");
    expect(written).to.deep.equal(["  12.3 s  network made\n"]);
    expect(tell.seconds()).to.equal(12.3);
  });

  it("prints progress every five seconds if the output is not a terminal", () => {
    const { written, stream } = streamOf(false);
    let now = 0;
    const tell = createProgressLines(stream, () => now);
    for (; now <= 10_000; now += 1000) tell.progress(`minute ${now}`);
    expect(written).to.have.length(3);
  });

  it("rewrites one line of progress on a terminal, and clears it before the next step", () => {
    const { written, stream } = streamOf(true);
    const tell = createProgressLines(stream, () => 0);
    tell.progress("minute 1 of a run with a very long name indeed");
    tell("done");
    expect(written[0]).to.have.length(39);
    expect(written.slice(1)).to.deep.equal(["\r\u001b[2K", "   0.0 s  done\n"]);
  });
});
