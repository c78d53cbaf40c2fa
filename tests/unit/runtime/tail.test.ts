import { execFileSync } from "node:child_process";
import { appendFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { jobPath, readJobFacts, unknownFacts } from "../../../runtime/agent/job-facts.ts";
import { linesOf, readSmallFile, tailFile } from "../../../runtime/agent/tail.ts";
import { temporaryFolder } from "./fixture.ts";

describe("following a file", () => {
  const folder = temporaryFolder();
  const path = `${folder.path}/log`;
  after(folder.remove);

  it("gives each whole line once, even if the file is created later, truncated or replaced", () => {
    const tail = tailFile(path);
    expect(tail()).to.deep.equal([]);
    writeFileSync(path, "one\ntwo\nthr");
    expect(tail()).to.deep.equal(["one", "two"]);
    appendFileSync(path, "ee\n");
    expect(tail()).to.deep.equal(["three"]);
    expect(tail()).to.deep.equal([]);
    truncateSync(path);
    appendFileSync(path, "four\n");
    expect(tail()).to.deep.equal(["four"]);
    writeFileSync(`${path}.new`, "five five five\n");
    execFileSync("mv", [`${path}.new`, path]);
    expect(tail()).to.deep.equal(["five five five"]);
  });

  it("can read a file of any length to its end", () => {
    writeFileSync(path, `${"x".repeat(1023)}\n`.repeat(3000));
    expect([...linesOf(path)]).to.have.length(3000);
    expect([...linesOf(`${folder.path}/missing`)]).to.deep.equal([]);
  });

  it("skips a hole in the file and the line that the hole has cut", () => {
    const holed = `${folder.path}/holed`;
    writeFileSync(
      holed,
      `begin\n${"x".repeat(1023)}\n`.concat(`${"y".repeat(1023)}\n`.repeat(5 << 10), "end\nhalf"),
    );
    execFileSync("fallocate", [
      "--punch-hole",
      "--offset",
      "1000",
      "--length",
      String((3 << 20) + 100),
      holed,
    ]);
    const tail = tailFile(holed);
    const lines = [tail(), tail(), tail(), tail()].flat();
    expect([lines[0], lines.at(-1)]).to.deep.equal(["begin", "end"]);
    for (const line of lines.slice(1, -1)) expect(line).to.equal("y".repeat(1023));
    expect(tail.offset()).to.equal(statSync(holed).size - "half".length);
    appendFileSync(holed, " a line\n");
    expect(tail()).to.deep.equal(["half a line"]);
  });

  it("follows no link and reads only plain files, because the runner's user owns the folder", () => {
    symlinkSync("/etc/passwd", `${folder.path}/link`);
    execFileSync("mkfifo", [`${folder.path}/pipe`]);
    for (const name of ["link", "pipe", ".", "missing"]) {
      expect(tailFile(`${folder.path}/${name}`)(), name).to.deep.equal([]);
      expect(readSmallFile(`${folder.path}/${name}`), name).to.equal(undefined);
    }
  });
});

describe("a job's facts from the start hook", () => {
  const folder = temporaryFolder();
  const path = `${folder.path}/4711`;
  after(folder.remove);

  it("are read line by line if each line has the expected form", () => {
    writeFileSync(path, "acme/app\n4711\n1\nbuild\nNightly run\n");
    const facts = readJobFacts(folder.path, 4711);
    expect(facts).to.deep.equal({
      repository: "acme/app",
      runId: "4711",
      runAttempt: "1",
      job: "build",
      workflow: "Nightly run",
    });
    expect(jobPath(facts)).to.equal("acme/app/actions/runs/4711");
  });

  it("are unknown if the hook did not run or wrote something else", () => {
    expect(readJobFacts(folder.path, 4712)).to.deep.equal(unknownFacts);
    expect(readJobFacts(folder.path, null)).to.deep.equal(unknownFacts);
    writeFileSync(path, "../../etc\nrm -rf\n\n$(x)\n");
    expect(readJobFacts(folder.path, 4711)).to.deep.equal(unknownFacts);
    expect(jobPath(unknownFacts)).to.equal("");
  });
});
