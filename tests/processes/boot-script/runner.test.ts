import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { expect } from "chai";
import { machine } from "../../unit/user-data/machine.ts";
import { put } from "../../unit/runtime/fixture.ts";
import { bootScript } from "./script-fixture.ts";

describe("the boot script, installing the runner", () => {
  const script = bootScript();
  const { bake, calls, downloads, file, prepare, reported } = script;

  it("deletes a tarball with another checksum, and neither unpacks it nor downloads it again", async () => {
    const sha256 = "0".repeat(64);
    const actual = createHash("sha256").update(script.tarball).digest("hex");
    const { url } = machine.runnerSoftware;
    const run = await prepare({ runnerSoftware: { ...machine.runnerSoftware, url, sha256 } });
    put(
      `${script.root}/etc/longhaul/boot.env`,
      file("etc/longhaul/boot.env").replace(url, `${script.server.url}/runner.tar.gz`),
    );
    const { status, output } = await run();
    expect(status).to.equal(1);
    const sentence = `The runner's tarball has the SHA-256 ${actual}, not ${sha256}; it was deleted.`;
    expect(output).to.include(`longhaul: boot failed: ${sentence}`);
    expect(reported().at(-1)).to.include({ "Tag.1.Value": "boot-failed", "Tag.2.Value": sentence });
    expect(downloads()).to.have.length(1);
    expect(existsSync(`${script.root}/var/lib/longhaul/runner.tar.gz`)).to.equal(false);
    expect(existsSync(`${script.root}/home/runner/actions-runner`)).to.equal(false);
    expect(calls()).to.not.include("systemctl start longhaul-agent.service");
  });

  it("resumes a download that breaks off", async () => {
    const ranges: (string | undefined)[] = [];
    const run = await prepare({}, ({ headers }, count) => {
      ranges.push(headers.range);
      if (count === 1) return { body: script.tarball, fails: "cut" };
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1]);
      const range = `bytes ${from}-${script.tarball.length - 1}/${script.tarball.length}`;
      return { status: 206, body: script.tarball.subarray(from), headers: { "content-range": range } };
    });
    const { status } = await run();
    expect(status).to.equal(0);
    expect(ranges).to.deep.equal([undefined, `bytes=${Math.floor(script.tarball.length / 2)}-`]);
  });

  it("retries with growing delays while the server is down", async () => {
    const run = await prepare({}, (_, count) => (count < 4 ? { status: 500 } : { body: script.tarball }));
    expect((await run()).status).to.equal(0);
    expect(calls().filter((line) => line.startsWith("sleep"))).to.deep.equal([
      "sleep 1",
      "sleep 2",
      "sleep 4",
    ]);
  });

  it("fails with the address if the server stays down", async () => {
    const run = await prepare({}, () => ({ status: 404 }));
    const { status } = await run();
    expect(status).to.equal(1);
    expect(downloads()).to.have.length(8);
    expect(reported().at(-1)!["Tag.2.Value"]).to.equal(
      `The runner could not be downloaded from ${script.server.url}/runner.tar.gz.`,
    );
  });

  it("uses a baked image's runner as it is", async () => {
    const run = await prepare({ baked: true });
    bake();
    expect((await run()).status).to.equal(0);
    expect(downloads()).to.have.length(0);
    expect(calls().filter((line) => /^apt-get|^systemctl disable/.test(line))).to.have.length(0);
    expect(calls().filter((line) => line.startsWith("chown -hR"))).to.deep.equal([]);
    expect(existsSync(`${script.root}/dependencies`)).to.equal(false);
  });

  it("replaces a baked image's registration, which belongs to another machine, with its own", async () => {
    const run = await prepare({ baked: true });
    bake();
    const names = [".runner", ".runner_migrated", ".credentials", ".credentials_rsaparams"];
    for (const name of names) put(`${script.root}/home/runner/actions-runner/${name}`, "another's");
    expect((await run()).status).to.equal(0);
    const left = names.filter((name) => existsSync(`${script.root}/home/runner/actions-runner/${name}`));
    expect(left, "as registering leaves it").to.deep.equal([".runner"]);
    expect(file("home/runner/actions-runner/.runner")).to.equal("");
  });

  it("reports a runner that cannot be started before it uses the token, and retries", async () => {
    const run = await prepare({ baked: true });
    bake();
    put(`${script.root}/library-missing`, "");
    const { status, output } = await run();
    expect(status).to.equal(1);
    expect(output).to.include(
      "boot failed: The runner cannot be started as runner. It says: Couldn't find a valid ICU package\n",
    );
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
    expect(existsSync(`${script.root}/node-calls`)).to.equal(false);
    rmSync(`${script.root}/library-missing`);
    expect((await run()).status).to.equal(0);
  });
});
