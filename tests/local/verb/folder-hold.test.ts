import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { reapMachines } from "../../../local/machines/index.ts";
import { findCloud } from "../../../cli/verbs/local/find-cloud.ts";
import { Failure } from "../../../contract/failure.ts";
import { parseCloudFile, readBootSeconds } from "../../../local/process/cloud-handle.ts";
import { holderOf, holdFolder } from "../../../local/process/folder-hold.ts";

describe("a role in a cloud's folder", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), "longhaul-hold-")));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("belongs to one process: of two that want it at once one has it, and the other learns which", async () => {
    const holds = await Promise.all([holdFolder(dir, "command"), holdFolder(dir, "command")]);
    expect(holds.filter(({ held }) => held)).to.have.length(1);
    const refused = holds.find(({ held }) => !held);
    expect(refused).to.deep.equal({ held: false, holder: { pid: process.pid } });
    for (const hold of holds) if (hold.held) hold.release();
    expect(await holderOf(dir, "command")).to.equal(undefined);
  });

  it("does not block another role, nor another folder's", async () => {
    const holds = await Promise.all([
      holdFolder(dir, "command"),
      holdFolder(dir, "cloud"),
      holdFolder(join(dir, "other"), "command"),
    ]);
    expect(holds.map(({ held }) => held)).to.deep.equal([true, true, true]);
    for (const hold of holds) if (hold.held) hold.release();
  });

  it("ends with its process, also when that is killed", async () => {
    const source = join(import.meta.dirname, "../../../local/process/folder-hold.ts");
    const program = `import { holdFolder } from ${JSON.stringify(source)};
      await holdFolder(${JSON.stringify(dir)}, "cloud"); console.log("held"); setInterval(() => {}, 1000);`;
    const words = ["--import", "tsx", "--input-type=module", "--eval", program];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    expect(await holderOf(dir, "cloud")).to.deep.equal({ pid: child.pid });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await holderOf(dir, "cloud")).to.equal(undefined);
  });

  for (const answer of ["HTTP/1.1 400 Bad Request", "[]", '{"pid":"7"}', '{"pid":-1}'])
    it(`is not held by another program, which answers ${answer}`, async () => {
      const address = `\0longhaul-cloud-${createHash("sha256").update(dir).digest("hex")}`;
      const server = createServer((connection) => connection.end(answer)).listen(address);
      await once(server, "listening");
      const error = await holderOf(dir, "cloud").catch((reason: unknown) => reason);
      server.close();
      expect(error).to.be.instanceOf(Failure);
      expect((error as Error).message)
        .to.include(dir)
        .and.include("end it, or name another folder with --dir");
    });

  const whole = { pid: 7, url: "http://127.0.0.1:9", secret: "canary", environment: { A: "canary" } };
  const damaged: readonly [string, unknown][] = [
    ["is not a JSON object", [whole]],
    ['pid must be a number from 0 up and is "7"', { ...whole, pid: "7" }],
    ["url is missing", { ...whole, url: undefined }],
    ["secret must be a text and is something else", { ...whole, secret: ["canary"] }],
    ["environment must be an object and is null", { ...whole, environment: null }],
    ["environment.A must be a text and is something else", { ...whole, environment: { A: 1 } }],
  ];
  for (const [sentence, file] of damaged)
    it(`has a file, and its secrets are not printed when it cannot be read: ${sentence}`, () => {
      expect(() => parseCloudFile(JSON.stringify(file), "/c/cloud.json"))
        .to.throw(Failure, sentence)
        .with.property("message")
        .match(/^\/c\/cloud\.json .*local down/)
        .and.not.match(/canary/);
    });

  it("answers with seconds, or is another version's", () => {
    expect(parseCloudFile(JSON.stringify(whole), "")).to.deep.equal(whole);
    expect(readBootSeconds({ "i-1": 7 })).to.deep.equal({ "i-1": 7 });
    for (const answer of [undefined, [], { "i-1": "7" }, { "i-1": null }])
      expect(() => readBootSeconds(answer)).to.throw(Failure, "by another version of Longhaul");
  });

  it("says that a cloud runs which does not answer", async () => {
    const hold = await holdFolder(dir, "cloud");
    // Nothing listens on the port 9 of loopback.
    const file = { pid: process.pid, url: "http://127.0.0.1:9", secret: "", environment: {} };
    await writeFile(join(dir, "cloud.json"), JSON.stringify(file));
    const refusal = await findCloud(dir).catch((error: unknown) => (error as Error).message);
    expect(refusal).to.match(new RegExp(`process ${process.pid}\\) runs, but does not answer: .*kill -9`));
    if (hold.held) hold.release();
    expect(await findCloud(dir), "once its process has ended").to.equal(undefined);
  });
});

describe("what a crashed cloud left running", () => {
  it("is ended also where its folder is named through a symbolic link", async () => {
    const dir = await realpath(await mkdtemp(join(tmpdir(), "longhaul-reap-")));
    await mkdir(join(dir, "real/machines"), { recursive: true });
    await symlink(join(dir, "real"), join(dir, "link"));
    const env = { PATH: process.env.PATH, LONGHAUL_MACHINE: join(dir, "real/machines/i-1") };
    const left = spawn("sleep", ["60"], { env, stdio: "ignore" });
    const ended = once(left, "exit");
    await once(left, "spawn");
    await reapMachines(join(dir, "link/machines"));
    left.kill("SIGTERM"); // If it was not ended before, this signal would end it.
    expect((await ended)[1]).to.equal("SIGKILL");
    await rm(dir, { recursive: true });
  });
});
