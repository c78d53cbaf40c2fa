import { rmSync } from "node:fs";
import { expect } from "chai";
import { put } from "../../unit/runtime/fixture.ts";
import { bootScript } from "./script-fixture.ts";

describe("the boot script, on different distributions", () => {
  const script = bootScript();
  const { bake, calls, prepare, reported } = script;

  for (const [name, osRelease] of [
    ["Rocky Linux 9.6 (Blue Onyx)", 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n'],
    ["Amazon Linux 2", 'ID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\n'],
  ] as const) {
    it(`reports at once that it can install nothing on ${name}`, async () => {
      const run = await prepare();
      put(`${script.root}/etc/os-release`, `${osRelease}PRETTY_NAME="${name}"\n`);
      expect((await run()).status).to.equal(1);
      const detail = reported().at(-1)!["Tag.2.Value"]!;
      expect(detail).to.include(`The image is ${name}. `).and.include("Ubuntu, Debian and Amazon Linux 2023");
      expect(detail, "cut short by EC2's limit").to.match(/\(docs\/images\.md\)\.$/);
      expect(calls().filter((line) => /^(apt-get|dnf|dpkg|rpm|sleep)/.test(line))).to.deep.equal([]);
    });
  }

  it("accepts any distribution if the image is baked", async () => {
    const run = await prepare({ baked: true });
    rmSync(`${script.root}/etc/os-release`);
    expect((await run()).status).to.equal(0);
  });

  for (const osRelease of ['ID=arch\nPRETTY_NAME="Arch, $BUILD"\n', "ID=arch\nPRETTY_NAME='Arch\n"]) {
    it(`arms the timer whatever /etc/os-release contains: ${JSON.stringify(osRelease)}`, async () => {
      const run = await prepare({ baked: true });
      bake();
      put(`${script.root}/etc/os-release`, osRelease);
      const { status, output } = await run();
      expect(calls(), output).to.include("shutdown -P +60");
      expect(status).to.equal(0);
    });
  }
});
