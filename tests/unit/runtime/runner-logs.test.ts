import { readdirSync, symlinkSync, truncateSync, utimesSync } from "node:fs";
import { expect } from "chai";
import { runnerLogs } from "../../../runtime/agent/runner-logs.ts";
import { fakeClock, put, temporaryFolder } from "./fixture.ts";

describe("the runner's own logs", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => {
    folder.remove();
  });

  const mega = 1024 ** 2;
  const write = (name: string, megabytes: number, second: number) => {
    const path = `${folder.path}/${name}`;
    put(path, "");
    truncateSync(path, megabytes * mega);
    utimesSync(path, second, second);
  };
  const left = () => readdirSync(folder.path).sort();

  it("lose the oldest beyond 256 MiB, in the middle of a job as well, looked at once a minute", () => {
    const clock = fakeClock();
    const { look } = runnerLogs(folder.path, clock);
    for (const hour of [1, 2, 3, 4]) write(`Worker_20260501-0${hour}0000-utc.log`, 100, hour);
    look();
    expect(left()).to.deep.equal(["Worker_20260501-030000-utc.log", "Worker_20260501-040000-utc.log"]);
    write("Worker_20260501-050000-utc.log", 100, 5);
    look();
    expect(left()).to.have.length(3);
    clock.advance(60_000);
    look();
    expect(left()).to.deep.equal(["Worker_20260501-040000-utc.log", "Worker_20260501-050000-utc.log"]);
  });

  it("keep those that listener and worker write now, however large and old", () => {
    write("Runner_20260501-010000-utc.log", 300, 1);
    write("Worker_20260501-020000-utc.log", 300, 2);
    write("Worker_20260501-030000-utc.log", 300, 3);
    runnerLogs(folder.path, fakeClock()).look();
    expect(left()).to.deep.equal(["Runner_20260501-010000-utc.log", "Worker_20260501-030000-utc.log"]);
  });

  it("are nothing but plain files with the runner's names", () => {
    const names = ["Worker_x.txt", "notes.log", "Worker_.log.d"];
    for (const name of names) write(name, 400, 1);
    symlinkSync(`${folder.path}/notes.log`, `${folder.path}/Worker_20200101-000000-utc.log`);
    put(`${folder.path}/Worker_20200202-000000-utc.log/file`, "");
    const before = left();
    runnerLogs(folder.path, fakeClock()).look();
    expect(left()).to.deep.equal(before);
    runnerLogs(`${folder.path}/none`, fakeClock()).look();
  });
});
