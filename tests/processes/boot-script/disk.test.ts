import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { putCommands } from "../../unit/runtime/stand-ins.ts";
import { bootScript, listener } from "./script-fixture.ts";

describe("the boot script, mounting the runner's logs", () => {
  const script = bootScript();
  const { calls, file, prepare } = script;

  it("gives the runner's logs their own file system once at each boot, before the agent runs", async () => {
    const boot = await prepare();
    await boot();
    const logs = `${script.root}/home/runner/actions-runner/_diag`;
    const mount =
      "mount --no-canonicalize -t tmpfs -o size=20%,mode=755,nosuid,nodev,uid=1001,gid=1001 longhaul-diag .";
    putCommands(`${script.root}/commands`, { mount: 'pwd -P >>"$LONGHAUL_ROOT/mounted-at"' });
    expect(calls()).to.include(mount);
    expect(calls().indexOf(mount)).to.be.below(calls().indexOf("systemctl start longhaul-agent.service"));
    rmSync(`${script.root}/commands/calls`);
    await boot();
    expect(calls()).to.include(mount);
    expect(file("mounted-at")).to.equal(`${logs}\n`);
    expect(
      calls().filter((line) => line.startsWith("chown")),
      "the mount already belongs to the user",
    ).to.deep.equal([]);
    rmSync(`${script.root}/commands/calls`);
    put(`${script.root}/mounted`, "");
    await boot();
    expect(calls()).to.not.include(mount);
  });

  it("continues if the mount fails, and reports that", async () => {
    const boot = await prepare();
    putCommands(`${script.root}/commands`, { mount: "exit 32" });
    const { status, output } = await boot();
    expect(status).to.equal(0);
    expect(output).to.include("the runner's logs stay on the disk");
    const folders = readdirSync(`${script.root}/home/runner/actions-runner`);
    expect(folders, "root would own the folder, and the runner could not write to it").to.not.include(
      "_diag",
    );
  });

  for (const name of ["actions-runner", "actions-runner/_diag"]) {
    it(`mounts nothing if a job has replaced ${name} by a link, and does not change the target's owner`, async () => {
      const boot = await prepare();
      await boot();
      rmSync(`${script.root}/commands/calls`);
      const elsewhere = `${script.root}/etc/theirs`;
      mkdirSync(`${elsewhere}/bin`, { recursive: true });
      put(`${elsewhere}/bin/Runner.Listener`, listener, 0o755);
      rmSync(`${script.root}/home/runner/${name}`, { recursive: true, force: true });
      symlinkSync(elsewhere, `${script.root}/home/runner/${name}`);
      const { status, output } = await boot();
      expect(status).to.equal(0);
      expect(output).to.include(
        `${elsewhere}${name.endsWith("_diag") ? "" : "/_diag"}: nothing is mounted there`,
      );
      expect(calls().filter((line) => /^(mount|chown) /.test(line))).to.deep.equal([]);
      expect(readdirSync(elsewhere)).to.deep.equal(["bin"]);
    });
  }
});
