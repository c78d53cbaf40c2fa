import { expect } from "chai";
import fc from "fast-check";
import { initialOverrideSetting, parseOverrideSetting } from "../../../contract/override.ts";
import type { Override, WrittenOverride } from "../../../contract/override.ts";
import {
  closed,
  placesIn,
  reopened,
  wholeFleet,
  overrideAt,
  withoutOverride,
  withOverride,
} from "../../../cli/operator/override-text.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const override: Override = { power: "off", by: "ada", reason: "night" };
const expired = "2026-03-01T11:59:59.000Z";
const places = fc.uniqueArray(fc.constantFrom(wholeFleet, "dev-cloud-1", "dev-cloud-2", "dev-cloud-3"), {
  minLength: 1,
});
const runners = fc.uniqueArray(fc.constantFrom("dev-cloud-1", "dev-cloud-2", "dev-cloud-9"), {
  minLength: 1,
});
const overrides = fc.array(
  fc.record(
    {
      power: fc.constantFrom("on" as const, "off" as const),
      by: fc.string(),
      reason: fc.string(),
      until: fc.constantFrom("2026-03-02T00:00:00.000Z", "2027-03-01T00:00:00.000Z"),
      runners,
      later: fc.jsonValue(), // of a later version
    },
    { requiredKeys: ["power", "by", "reason"] },
  ),
);
const settings = fc.record(
  { closing: fc.boolean(), closingReason: fc.string(), overrides, later: fc.jsonValue() },
  { requiredKeys: ["closing", "overrides"] },
);
type Written = { overrides: (WrittenOverride & { later?: unknown })[] } & Record<string, unknown>;
const read = (text: string) => JSON.parse(text) as Written;

describe("what is written into a fleet's overrides", () => {
  it("is the override, at each of its places", () => {
    fc.assert(
      fc.property(settings, places, (setting, named) => {
        const text = JSON.stringify(setting);
        const after = withOverride(text, named, override, now) ?? text;
        for (const place of named) expect(overrideAt(after, place)).to.deep.equal(override);
      }),
    );
  });

  it("keeps whether the fleet is closing, other overrides, and keys that this version does not know", () => {
    fc.assert(
      fc.property(settings, places, fc.boolean(), (setting, named, clears) => {
        const text = JSON.stringify(setting);
        const next = clears ? withoutOverride(text, named, now) : withOverride(text, named, override, now);
        const [before, after] = [read(text), read(next ?? text)];
        expect({ ...after, overrides: [] }).to.deep.equal({ ...before, overrides: [] });
        for (const place of placesIn(text)) {
          if (!named.includes(place))
            expect(overrideAt(next ?? text, place)).to.deep.equal(overrideAt(text, place));
        }
        const unknown = ({ overrides: all }: Written) =>
          all.filter(
            ({ later, runners: own }) =>
              later !== undefined && own && !own.some((one) => named.includes(one)),
          );
        expect(unknown(after)).to.deep.include.members(unknown(before));
      }),
    );
  });

  it("does not change if the override is there already, in any order of runners", () => {
    fc.assert(
      fc.property(settings, places, (setting, named) => {
        for (const change of [
          (text: string) => withOverride(text, named, override, now),
          (text: string) => withoutOverride(text, named, now),
          (text: string) => reopened(text, now),
          (text: string) => closed(text, "destroy", now),
        ]) {
          const text = JSON.stringify(setting);
          expect(change(change(text) ?? text)).to.equal(undefined);
        }
      }),
    );
    const both = { closing: false, overrides: [{ ...override, runners: ["dev-cloud-2", "dev-cloud-1"] }] };
    expect(withOverride(JSON.stringify(both), ["dev-cloud-1", "dev-cloud-2"], override, now)).to.equal(
      undefined,
    );
  });

  it("adds a runner to an entry with the same override", () => {
    const text = withOverride(
      JSON.stringify({ closing: false, overrides: [{ ...override, runners: ["dev-cloud-1"] }] }),
      ["dev-cloud-2"],
      override,
      now,
    );
    expect(read(text!).overrides).to.deep.equal([{ ...override, runners: ["dev-cloud-1", "dev-cloud-2"] }]);
  });

  it("loses the selected overrides with --clear, and nothing else", () => {
    const all = { ...override, runners: ["dev-cloud-1", "dev-cloud-2"] };
    const text = JSON.stringify({ closing: true, overrides: [override, all], later: [1] });
    expect(read(withoutOverride(text, ["dev-cloud-1"], now)!)).to.deep.equal({
      closing: true,
      overrides: [override, { ...override, runners: ["dev-cloud-2"] }],
      later: [1],
    });
    expect(read(withoutOverride(text, placesIn(text), now)!)).to.deep.equal({
      closing: true,
      overrides: [],
      later: [1],
    });
  });

  it("loses expired overrides with each write, and is not written for that alone", () => {
    const old = { ...override, until: expired };
    const text = JSON.stringify({ closing: true, overrides: [{ ...old, runners: ["dev-cloud-1"] }, old] });
    const another = { ...override, by: "bob" };
    for (const next of [
      withOverride(text, ["dev-cloud-2"], another, now),
      reopened(text, now),
      closed(text.replace("true", "false"), "destroy", now),
    ])
      expect(next).to.not.include(expired);
    expect(withoutOverride(text, ["dev-cloud-3"], now)).to.equal(undefined);
    expect(withoutOverride(text, ["dev-cloud-1"], now)).to.equal(undefined);
  });

  it("is replaced if it is damaged, because no machine can read it", () => {
    for (const text of ["", "{", '{"closing":"yes"}', "[]"]) {
      expect(parseOverrideSetting(withOverride(text, [wholeFleet], override, now))).to.deep.equal({
        ...initialOverrideSetting,
        fleet: override,
      });
    }
  });

  it("is open again without the reason for closing, and with its overrides", () => {
    const text = JSON.stringify({ closing: true, closingReason: "destroy", overrides: [override], later: 1 });
    expect(read(reopened(text, now)!)).to.deep.equal({ closing: false, overrides: [override], later: 1 });
  });
});

describe("a fleet that closes", () => {
  it("keeps its overrides if there is room", () => {
    const text = JSON.stringify({ closing: false, overrides: [override], later: 1 });
    expect(read(closed(text, "destroy", now)!)).to.deep.equal({
      closing: true,
      closingReason: "destroy",
      overrides: [override],
      later: 1,
    });
  });
});
