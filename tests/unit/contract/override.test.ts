import { expect } from "chai";
import fc from "fast-check";
import { formatOverrideSetting, isCurrent, parseOverrideSetting } from "../../../contract/override.ts";
import type { Override } from "../../../contract/override.ts";

const sleep: Override = { power: "off", by: "bob", reason: "disk", until: "2026-12-01T00:00:00Z" };

describe("the parameter of a fleet's overrides", () => {
  const overrides = fc.record(
    {
      power: fc.constantFrom("on" as const, "off" as const),
      by: fc.string(),
      reason: fc.string(),
      until: fc.constantFrom("2026-03-01T00:00:00.000Z", "2027-03-01T00:00:00.000Z"),
      overBudget: fc.constant(true as const),
    },
    { requiredKeys: ["power", "by", "reason"] },
  );
  const runner = fc.constantFrom("dev-cloud-1", "dev-cloud-2", "dev-cloud-3");

  it("is read as it was written", () => {
    const settings = fc.record(
      {
        closing: fc.boolean(),
        closingReason: fc.string(),
        fleet: overrides,
        runners: fc.dictionary(runner, overrides, { noNullPrototype: true }),
      },
      { requiredKeys: ["closing", "runners"] },
    );
    fc.assert(
      fc.property(settings, (setting) => {
        expect(parseOverrideSetting(formatOverrideSetting(setting))).to.deep.equal(setting);
      }),
    );
  });

  it("lists runners that share an override together", () => {
    const runners = {
      "dev-cloud-1": sleep,
      "dev-cloud-2": { ...sleep, reason: "fan" },
      "dev-cloud-3": sleep,
    };
    expect(JSON.parse(formatOverrideSetting({ closing: false, runners }))).to.deep.equal({
      closing: false,
      overrides: [
        { ...sleep, runners: ["dev-cloud-1", "dev-cloud-3"] },
        { ...sleep, reason: "fan", runners: ["dev-cloud-2"] },
      ],
    });
  });

  const read = (overrides: unknown[]) => parseOverrideSetting(JSON.stringify({ closing: false, overrides }));

  it("leaves out an override that cannot be understood, and keeps the others", () => {
    const strange = [
      { power: "sideways", by: "ada", reason: "x" },
      { ...sleep, until: "some day", runners: ["dev-cloud-1"] },
      { ...sleep, runners: "dev-cloud-1" }, // It must not become the fleet's.
      null,
    ];
    expect(read([...strange, { ...sleep, runners: ["dev-cloud-2", 7] }])).to.deep.equal({
      closing: false,
      runners: { "dev-cloud-2": sleep },
    });
  });

  it("applies the last of several overrides for a runner", () => {
    const wake = { power: "on", by: "ada", reason: "release" };
    const runners = ["dev-cloud-1"];
    expect(
      read([
        { ...sleep, runners },
        { ...wake, runners },
      ])!.runners,
    ).to.deep.equal({ "dev-cloud-1": wake });
  });

  it("is damaged without `closing`", () => {
    for (const text of [undefined, "", "{", "[]", '{"overrides":[]}', '{"closing":"yes","overrides":[]}'])
      expect(parseOverrideSetting(text), text).to.equal(undefined);
  });

  it("applies an override until its end, and one without an end always", () => {
    const end = Date.parse(sleep.until!);
    expect([isCurrent(sleep, end - 1), isCurrent(sleep, end), isCurrent({}, end)]).to.deep.equal([
      true,
      false,
      true,
    ]);
  });
});
