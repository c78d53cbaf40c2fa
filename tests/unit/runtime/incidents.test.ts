import { expect } from "chai";
import type { IncidentCounts } from "../../../runtime/agent/incidents.ts";
import { toldForMs, watchIncidents } from "../../../runtime/agent/incidents.ts";
import { fakeClock } from "./fixture.ts";

describe("a machine's incidents", () => {
  function watched() {
    const clock = fakeClock();
    const lines: string[] = [];
    const incidents = watchIncidents(clock, (line) => lines.push(line));
    const publish = async (meanwhile: () => void = () => undefined) => {
      const sent: IncidentCounts[] = [];
      await incidents.publish((counts) => {
        sent.push(counts);
        meanwhile();
        return Promise.resolve();
      });
      return sent[0];
    };
    return { clock, lines, incidents, publish };
  }

  it("are logged, shown in the detail for an hour and counted once if they happen once", async () => {
    const { clock, lines, incidents, publish } = watched();
    incidents.happened("pollError", "2 polls failed.", 2);
    incidents.happened("pollError", "1 poll failed.");
    expect(lines).to.deep.equal(["2 polls failed.", "1 poll failed."]);
    expect(incidents.detail()).to.equal("1 poll failed.");
    expect(await publish()).to.deep.equal({ PollErrors: 3 });
    expect(await publish()).to.deep.equal({});
    clock.advance(toldForMs);
    expect(incidents.detail()).to.equal("");
  });

  it("are shown until they are over, and count one in each publication, if they go on", async () => {
    const { clock, lines, incidents, publish } = watched();
    incidents.goesOn("diskFull", "The disk is full.");
    incidents.goesOn("diskFull", "The disk is full.");
    clock.advance(2 * toldForMs);
    expect(lines).to.deep.equal(["The disk is full."]);
    expect(incidents.detail()).to.equal("The disk is full.");
    expect(await publish()).to.deep.equal({ DisksFull: 1 });
    expect(await publish()).to.deep.equal({ DisksFull: 1 });
    incidents.isOver("diskFull");
    expect(incidents.detail()).to.equal("");
    expect(await publish()).to.deep.equal({});
  });

  it("are in the detail with the latest first", () => {
    const { incidents } = watched();
    incidents.happened("listenerHung", "The listener was restarted.");
    incidents.goesOn("diskFull", "The disk is full.");
    expect(incidents.detail()).to.equal("The disk is full. The listener was restarted.");
  });

  it("are published later if that failed, and none that happens in the meantime is lost", async () => {
    const { incidents, publish } = watched();
    incidents.happened("pollError", "A poll failed.");
    await incidents.publish(() => Promise.reject(new Error("throttled"))).catch(() => undefined);
    const sent = await publish(() => {
      incidents.happened("pollError", "Another poll failed.");
    });
    expect(sent).to.deep.equal({ PollErrors: 1 });
    expect(await publish()).to.deep.equal({ PollErrors: 1 });
  });
});
