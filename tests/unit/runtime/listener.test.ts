import { expect } from "chai";
import { adoptListener } from "../../../runtime/agent/listener.ts";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import type { ProcessMark, ProcessTable } from "../../../runtime/agent/processes.ts";
import { put, temporaryFolder } from "./fixture.ts";

describe("a listener that an earlier agent started", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  const marked: ProcessMark = { pid: 4711, start: "1" };
  const found: ProcessMark = { pid: 4712, start: "2" };
  const adopted = (mark: string, running: readonly number[]) => {
    const paths = pathsBelow(folder.path, "runner");
    put(paths.listenerProcess, mark);
    const processes = {
      isRunning: ({ pid }: ProcessMark) => running.includes(pid),
      findListener: () => (running.includes(found.pid) ? found : undefined),
    } as ProcessTable;
    return adoptListener({ paths, processes })?.mark;
  };

  it("is the recorded process while that process runs", () => {
    expect(adopted(JSON.stringify(marked), [4711, 4712])).to.deep.equal(marked);
    expect(adopted(JSON.stringify(marked), [])).to.equal(undefined);
  });

  for (const [what, mark] of Object.entries({
    "was killed before it recorded the process": "",
    "was killed while it recorded the process": '{"pid":47',
    "recorded another process": JSON.stringify(marked),
  }))
    it(`is searched for if that agent ${what}`, () => {
      expect(adopted(mark, [4712])).to.deep.equal(found);
    });
});
