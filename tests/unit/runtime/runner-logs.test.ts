import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from "node:fs";
import { expect } from "chai";
import { watchIncidents } from "../../../runtime/agent/incidents.ts";
import type { Room } from "../../../runtime/agent/runner-logs.ts";
import { runnerLogs } from "../../../runtime/agent/runner-logs.ts";
import { fakeClock, put, temporaryFolder } from "./fixture.ts";

describe("the runner's own logs", () => {
  let home: ReturnType<typeof temporaryFolder>;
  let folder: string;
  beforeEach(() => {
    home = temporaryFolder();
    folder = `${home.path}/actions-runner/_diag`;
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => {
    home.remove();
  });

  const mega = 1024 ** 2;
  const write = (name: string, megabytes: number, second: number) => {
    const path = `${folder}/${name}`;
    put(path, "");
    truncateSync(path, megabytes * mega);
    utimesSync(path, second, second);
  };
  const left = (below = "") => readdirSync(`${folder}/${below}`).sort();
  /** @param room the space of the logs' own file system, or undefined if they are on the disk */
  const machine = (room?: () => Room) => {
    const clock = fakeClock();
    const incidents = watchIncidents(clock, () => undefined);
    return { clock, incidents, look: runnerLogs(folder, clock, incidents, () => room?.()).look };
  };
  const guid = "8f2e6b3c-0000-4000-8000-000000000001";
  const block = (number: number) => `blocks/${guid}_${guid}.${number}`;
  const page = (number: number) => `pages/${guid}_${guid}_${number}.log`;

  it("are checked six times a minute, and the oldest beyond 256 MiB are deleted, even during a job", () => {
    const { clock, look } = machine();
    for (const hour of [1, 2, 3, 4]) write(`Worker_20260501-0${hour}0000-utc.log`, 100, hour);
    look(0);
    expect(left()).to.deep.equal(["Worker_20260501-030000-utc.log", "Worker_20260501-040000-utc.log"]);
    write("Worker_20260501-050000-utc.log", 100, 5);
    look(0);
    expect(left()).to.have.length(3);
    clock.advance(10_000);
    look(0);
    expect(left()).to.deep.equal(["Worker_20260501-040000-utc.log", "Worker_20260501-050000-utc.log"]);
  });

  it("are kept if the listener or the worker writes to them, whatever their size and age", () => {
    write("Runner_20260501-010000-utc.log", 300, 1);
    write("Worker_20260501-020000-utc.log", 300, 2);
    write("Worker_20260501-030000-utc.log", 300, 3);
    machine().look(undefined);
    expect(left()).to.deep.equal(["Runner_20260501-010000-utc.log", "Worker_20260501-030000-utc.log"]);
  });

  it("include step output that was never uploaded, of which the oldest is deleted if no worker runs", () => {
    for (const number of [1, 2, 3]) write(page(number), 100, 10 + number);
    for (const number of [1, 2, 3]) write(block(number), 50, 20 + number);
    machine().look(undefined);
    expect([...left("pages"), ...left("blocks")]).to.deep.equal(
      [3, 1, 2, 3].map((number, index) => (index === 0 ? page(number) : block(number)).split("/")[1]),
    );
  });

  it("keep the running job's output and lose that of earlier jobs", () => {
    const { clock, look } = machine();
    const begun = clock.now() / 1000 - 3600;
    write(block(1), 300, begun - 60);
    write(block(2), 300, begun + 1);
    write(page(1), 300, begun + 60);
    look(-3600_000);
    expect([...left("blocks"), ...left("pages")]).to.deep.equal(
      [block(2), page(1)].map((path) => path.split("/")[1]),
    );
  });

  it("keep what was written in the last seconds, because a new worker may be writing it", () => {
    const { clock, look } = machine();
    write(block(1), 300, clock.now() / 1000 - 5);
    look(undefined);
    expect(left("blocks")).to.have.length(1);
    clock.advance(10_000);
    look(undefined);
    expect(left("blocks")).to.deep.equal([]);
  });

  it("stay within a quarter of their own file system, other files included", () => {
    for (const number of [1, 2, 3]) write(block(number), 20, number);
    machine(() => ({ total: 400 * mega, used: 125 * mega, free: 275 * mega })).look(undefined);
    expect(left("blocks")).to.deep.equal([block(3).split("/")[1]]);
  });

  it("are reported while less than a tenth of their file system is free", () => {
    const room = { total: 800 * mega, used: 760 * mega, free: 40 * mega };
    const { clock, incidents, look } = machine(() => room);
    look(0);
    expect(incidents.detail()).to.include("800 MiB").and.include("_diag");
    Object.assign(room, { used: 0, free: 800 * mega });
    clock.advance(10_000);
    look(0);
    expect(incidents.detail()).to.equal("");
  });

  it("include only plain files with the runner's names", () => {
    const names = [
      "Worker_x.txt",
      "notes.log",
      "Worker_.log.d",
      "pages/notes",
      "blocks/notes.txt",
      "other/x_1.log",
    ];
    for (const name of names) write(name, 400, 1);
    symlinkSync(`${folder}/notes.log`, `${folder}/Worker_20200101-000000-utc.log`);
    put(`${folder}/Worker_20200202-000000-utc.log/file`, "");
    const before = left();
    machine().look(undefined);
    expect(left()).to.deep.equal(before);
    for (const name of names) expect(existsSync(`${folder}/${name}`), name).to.equal(true);
    runnerLogs(
      `${home.path}/none`,
      fakeClock(),
      watchIncidents(fakeClock(), () => undefined),
    ).look(undefined);
  });

  for (const place of ["actions-runner", "actions-runner/_diag", "actions-runner/_diag/blocks"]) {
    it(`do not include files behind a link that a job put in place of ${place}`, () => {
      for (const number of [1, 2]) {
        write(block(number), 300, number);
        write(`Worker_20260501-0${number}0000-utc.log`, 300, number);
      }
      renameSync(`${home.path}/${place}`, `${home.path}/theirs`);
      symlinkSync(`${home.path}/theirs`, `${home.path}/${place}`);
      machine(() => ({ total: 8 * mega, used: 8 * mega, free: 0 })).look(undefined);
      expect(left("blocks")).to.have.length(2);
      if (!place.endsWith("blocks")) expect(left().filter((name) => name.startsWith("W"))).to.have.length(2);
    });
  }
});
