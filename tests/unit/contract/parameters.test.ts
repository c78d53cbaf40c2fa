import { expect } from "chai";
import { parsePower } from "../../../contract/parameters.ts";
import type { PowerSetting } from "../../../contract/parameters.ts";

describe("a fleet's power setting", () => {
  const setting: PowerSetting = { power: "on", by: "stack", reason: "the fleet was created" };
  const spent = { month: "2026-05", usd: 12.5 };

  it("is read as it was written", () => {
    for (const each of [setting, { ...setting, power: "off", by: "budget", spent } as const])
      expect(parsePower(JSON.stringify(each))).to.deep.equal(each);
  });

  for (const [what, change] of [
    ["is neither on nor off", { power: "maybe" }],
    ["has an unknown author", { by: "somebody" }],
    ["has no reason", { reason: undefined }],
  ] as const) {
    it(`is unknown if it ${what}`, () => {
      expect(parsePower(JSON.stringify({ ...setting, ...change }))).to.equal(undefined);
    });
  }

  it("is unknown if the parameter is missing or damaged", () => {
    for (const text of [undefined, "", "null", "[]", '{"power":"on"'])
      expect(parsePower(text)).to.equal(undefined);
  });

  for (const [what, damaged] of [
    ["a list", []],
    ["no month", { usd: 12.5 }],
    ["no costs", { month: "2026-05" }],
    ["costs of another kind", { month: "2026-05", usd: "12.5" }],
  ] as const) {
    it(`is read without what was spent if that is damaged: ${what}`, () => {
      expect(parsePower(JSON.stringify({ ...setting, spent: damaged }))).to.deep.equal(setting);
    });
  }
});
