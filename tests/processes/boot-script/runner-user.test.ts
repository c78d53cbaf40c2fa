import { existsSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { bootScript } from "./script-fixture.ts";

describe("the boot script, setting up the jobs' user", () => {
  const script = bootScript();
  const { bake, calls, prepare, reported } = script;

  it("fails if the user has another home than the agent expects, and names both", async () => {
    const run = await prepare({ user: "ubuntu" });
    put(`${script.root}/etc/passwd`, "ubuntu:x:1000:1000::/srv/ubuntu:/bin/bash\n");
    expect((await run()).status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.equal(
      "The user ubuntu has the home /srv/ubuntu, not /home/ubuntu: set image.user to another name.",
    );
  });

  for (const locked of ["", "actions-runner", "actions-runner/_diag", "actions-runner/_work"]) {
    it(`gives the user the folders that root owns in a baked image: ~/${locked}`, async () => {
      const run = await prepare({ baked: true });
      bake();
      put(`${script.root}/home/runner/${locked}/of-root`, "");
      const { status, output } = await run();
      expect(status, output).to.equal(0);
      const given = `${script.root}/home/runner/${locked}`.replace(/\/$/, "");
      expect(calls()).to.include(`chown -hR runner: ${given}`);
      expect(output).to.include(`longhaul: runner could not write to ${given}: gives it to that user`);
    });
  }

  it("gives jobs neither sudo nor Docker if the configuration turns them off", async () => {
    await (
      await prepare({ sudo: false, docker: false })
    )();
    expect(existsSync(`${script.root}/etc/sudoers.d/90-longhaul`)).to.equal(false);
    expect(calls().filter((line) => line.includes("docker"))).to.deep.equal([]);
  });
});
