import { brotliDecompressSync } from "node:zlib";
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import {
  packSoftware,
  softwareScript,
  softwareSha256,
} from "../../../components/runner-fleet/machine-software.ts";
import { namesPerCall } from "../../../contract/aws-limits.ts";

describe("the machines' software", () => {
  const unpack = (pieces: readonly string[]) =>
    brotliDecompressSync(Buffer.from(pieces.join(""), "base64")).toString();

  it("is the same after it is read back from its parameters", () => {
    const script = softwareScript(readMachineAssets());
    expect(unpack(packSoftware(script))).to.equal(script);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(unpack(packSoftware(text))).to.equal(text);
      }),
    );
  });

  it("fits SSM's standard tier, with room to grow", () => {
    const pieces = packSoftware(softwareScript(readMachineAssets()));
    for (const piece of pieces) expect(piece).to.have.length.within(1, 4096);
    console.log(`      ${pieces.length} parameters, ${pieces.join("").length} characters`);
    expect(pieces.length).to.be.at.most(namesPerCall - 2);
  });

  it("is refused if a machine could not read it in one call", () => {
    const noise = randomBytes(40_000).toString("hex");
    expect(() => packSoftware(noise)).to.throw(/takes \d+ parameters.*at most 10/);
  });

  it("is named by all of its text", () => {
    const assets = readMachineAssets();
    const changed = { ...assets, agent: `${assets.agent} ` };
    expect(softwareSha256(softwareScript(changed))).to.not.equal(softwareSha256(softwareScript(assets)));
  });
});
