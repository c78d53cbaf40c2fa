import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { clearDeadLocks, isDead } from "../../../local/engine/stack-locks.ts";
import { processStartedAt } from "../../../local/machines/processes.ts";

/** Above every process id that Linux assigns (`pid_max` is at most 2^22). */
const unusedPid = 2 ** 22 + 1;

describe("a lock of the engine", () => {
  const written = "2026-03-01T12:00:00Z";
  const lock = { pid: 7, hostname: "here", timestamp: written };
  const at = (offsetSeconds: number) => () => Date.parse(written) + offsetSeconds * 1000;
  const rows: [what: string, dead: boolean, Parameters<typeof isDead>][] = [
    ["is alive if its process began before it was written", false, [lock, "here", at(-60)]],
    ["is alive if its process began in the same second", false, [lock, "here", at(1)]],
    ["is dead if its process has ended", true, [lock, "here", () => undefined]],
    ["is dead if another process has its process id now", true, [lock, "here", at(3600)]],
    ["of another computer cannot be judged here", false, [lock, "there", () => undefined]],
  ];
  for (const [what, dead, args] of rows) {
    it(what, () => {
      expect(isDead(...args)).to.equal(dead);
    });
  }
});

describe("when a process was started", () => {
  it("is known for a running process, to two seconds", () => {
    const began = Date.now() - process.uptime() * 1000;
    expect(processStartedAt(process.pid)).to.be.closeTo(began, 2000);
  });
  it("is unknown for a process that does not exist", () => {
    expect(processStartedAt(unusedPid)).to.equal(undefined);
  });
});

describe("clearing the locks of a cloud's folder", () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "longhaul-locks-"));
    const folder = join(dir, "state/.pulumi/locks/organization/longhaul/local");
    await mkdir(folder, { recursive: true });
    file = join(folder, "6f6f.json");
  });
  afterEach(() => rm(dir, { recursive: true }));
  const lockOf = (pid: number) =>
    JSON.stringify({ pid, username: "ada", hostname: hostname(), timestamp: new Date().toISOString() });

  it("removes the lock of a killed engine, and an incomplete lock", async () => {
    for (const text of [lockOf(unusedPid), lockOf(unusedPid).slice(0, 20)]) {
      await writeFile(file, text);
      await clearDeadLocks(dir);
      expect(existsSync(file), text).to.equal(false);
    }
  });

  it("leaves the lock of a running engine, and says which it is and what to do", async () => {
    await writeFile(file, lockOf(process.pid));
    const refusal = await clearDeadLocks(dir).catch((error: unknown) => (error as Error).message);
    expect(refusal).to.include(`process ${process.pid}`).and.include(`kill ${process.pid}`);
    expect(existsSync(file)).to.equal(true);
  });

  for (const [what, text] of [
    ["has no process id", '{"hostname":"here","timestamp":"2026-03-01T12:00:00Z"}'],
    ["has a time that is not one", '{"pid":7,"hostname":"here","timestamp":"noon"}'],
  ] as const) {
    it(`leaves a lock that ${what}, and names the file`, async () => {
      await writeFile(file, text);
      const refusal = await clearDeadLocks(dir).catch((error: unknown) => (error as Error).message);
      expect(refusal).to.include(file).and.include("delete the file");
      expect(existsSync(file)).to.equal(true);
    });
  }

  it("has nothing to do if no engine has run yet", async () => {
    await clearDeadLocks(join(dir, "nowhere"));
  });
});
