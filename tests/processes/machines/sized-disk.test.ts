import { existsSync, readFileSync, statfsSync } from "node:fs";
import { expect } from "chai";
import { whyNoSizedDisk } from "../../../local/machines/index.ts";
import type { Site } from "./machine-fixture.ts";
import { instanceOf, openSite, until } from "./machine-fixture.ts";

const megabyte = 1024 ** 2;

describe("a machine of the local cloud with a disk of limited size", () => {
  let site: Site;
  beforeEach(function () {
    site = openSite(1, {}, { diskBytes: 32 * megabyte });
    const why = whyNoSizedDisk(`${site.dir}/scratch`);
    if (why === undefined) return;
    console.log(`      skipped: this computer mounts nothing for us (${why})`);
    this.skip();
  });
  afterEach(() => site.close());

  const mounts = () => readFileSync("/proc/self/mounts", "utf8");
  const saying = (lines: string[], text: string) =>
    until(`the console to say "${text}"`, () => lines.find((line) => line.includes(text)));

  it("fills up without filling /run and its own mounts", async () => {
    const machine = instanceOf(
      "i-1",
      `cd "$LONGHAUL_ROOT"
mkdir -p own && mount -t tmpfs -o size=4m own own
head -c 100M /dev/zero >home/fill || echo "the disk is full"
echo here >run/note && echo there >own/note && echo "$(cat run/note own/note)"
rm home/fill && echo kept >home/note
poweroff`,
    );
    await site.host.start(machine);
    await saying(machine.lines, "No space left on device");
    await saying(machine.lines, "there");
    await until("the machine to be down", () => machine.downs.length > 0);
    expect(statfsSync(site.file("i-1", "")).blocks * 4096).to.equal(32 * megabyte);
    expect(existsSync(site.file("i-1", "own/note")), "its own mount is gone after the power-off").to.equal(
      false,
    );
    expect(readFileSync(site.file("i-1", "home/note"), "utf8")).to.equal("kept\n");
    await site.host.discard("i-1");
    expect(mounts()).to.not.include(site.dir);
  });

  it("leaves nothing mounted when the cloud stops", async () => {
    await site.host.start(instanceOf("i-1", "sleep 600"));
    expect(mounts()).to.include(site.dir);
    await site.host.stop();
    expect(mounts()).to.not.include(site.dir);
  });
});
