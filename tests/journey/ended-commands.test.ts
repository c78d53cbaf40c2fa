import { existsSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { readClock } from "../../local/clock.ts";
import { eventually } from "../environment.ts";
import { findTools, toolsLimitMs } from "../find-tools.ts";
import type { Running, Workplace } from "./command-line.ts";
import { longhaul, openWorkplace } from "./command-line.ts";

/*
 * Commands of `longhaul local` that are ended while the engine works: the next
 * command continues from there. Each test continues where the one before ended.
 */
describe("longhaul local, ended half way,", function () {
  this.timeout(600_000);
  let workplace: Workplace;
  let dir: string;
  let first: Running;

  before(async function () {
    this.timeout(toolsLimitMs);
    await findTools();
    workplace = await openWorkplace();
    dir = join(workplace.folder, "cloud");
    const config = {
      "longhaul:aws": { account: "000000000000", region: "us-east-1" },
      "longhaul:github": { repository: "acme/app" },
      "longhaul:fleets": { cloud: { runners: 1 } },
      "longhaul:smokeTest": { minutes: 2 },
    };
    await writeFile(join(workplace.folder, "small.yaml"), stringify({ config }));
  });
  after(() => workplace.close());

  const up = () => {
    const file = join(workplace.folder, "small.yaml");
    return workplace.start(process.execPath, longhaul, "local", "--dir", dir, "--config", file);
  };

  it("is not disturbed by a second one in its folder, which names the first one's process and says what to do", async () => {
    first = up();
    await first.printed(/machine \S+ launched/);
    // Another name of the same folder.
    const link = join(workplace.folder, "link");
    await symlink(workplace.folder, link);
    for (const words of [["--json"], ["down"]]) {
      const { code, stdout, stderr } = await workplace.local("--dir", join(link, "cloud"), ...words);
      expect(code, stdout + stderr).to.equal(1);
      expect(stderr).to.match(new RegExp(`Another .*process ${first.pid}\\b.*kill ${first.pid}\\b`));
      if (words.includes("--json")) expect(JSON.parse(stdout)).to.include({ ok: false, resources: 0 });
    }
  });

  it("by kill while a machine boots, lets the engine end and leaves no lock", async () => {
    first.terminate();
    const { code, stdout } = await first.ended;
    expect(code, stdout).to.equal(143);
    expect(stdout).to.include("the engine finishes what it has begun");
  });

  it("by the terminal's end while it follows the smoke test, sets the clock's pace back", async () => {
    const command = up();
    await command.printed(/a minute of the cloud now takes/);
    command.closeTerminal();
    const { code, stdout } = await command.ended;
    expect(code, stdout).to.equal(129);
    expect(readClock(join(dir, "clock")).factor).to.equal(1);
  });

  it("in a destroy, is destroyed by the next down", async () => {
    const command = workplace.start(process.execPath, longhaul, "local", "--dir", dir, "down");
    await command.printed(/engine: /);
    command.killAll();
    await command.ended;
    const { code, stdout, stderr } = await workplace.local("--dir", dir, "down");
    expect(code, stdout + stderr).to.equal(0);
    expect(existsSync(dir)).to.equal(false);
    // Processes that the killed command started may need a moment to notice that it is gone.
    await eventually("no process is left behind", () => workplace.processes().length === 0);
  });
});
