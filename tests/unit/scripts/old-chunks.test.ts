import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { deleteOldChunks } from "../../../scripts/old-chunks.ts";
import { put, temporaryFolder } from "../runtime/fixture.ts";

describe("the chunks of earlier builds", () => {
  const dayMs = 24 * 60 * 60_000;
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    folder.remove();
  });

  const chunk = (name: string, ageMs: number) => {
    const path = join(folder.path, name);
    put(path, "");
    const at = new Date(Date.now() - ageMs);
    utimesSync(path, at, at);
    return path;
  };

  it("are deleted if no build has made them within the time that they are kept", async () => {
    const made = chunk("made.js", 3 * dayMs);
    chunk("young.js", dayMs / 2);
    chunk("old.js", 2 * dayMs);
    await deleteOldChunks(folder.path, [made], dayMs);
    expect(readdirSync(folder.path)).to.have.members(["made.js", "young.js"]);
  });

  it("are all deleted if that time is zero, except those of this build", async () => {
    // A file's time has other units than the clock. Without care, half of this build's files would count as made before it.
    const made = Array.from({ length: 5 }, (_, index) => chunk(`made-${index}.js`, 0));
    for (let build = 0; build < 20; build++) {
      chunk("old.js", 1000);
      await deleteOldChunks(folder.path, made, 0);
      expect(readdirSync(folder.path)).to.have.lengthOf(5);
    }
  });
});
