import { expect } from "chai";
import { callerName } from "../../../cli/verbs/power.ts";
import { isSelected, select } from "../../../cli/fleet/select-runners.ts";
import { parseUntil } from "../../../cli/operator/until.ts";

describe("the end of an override", () => {
  const now = new Date(2026, 2, 1, 12, 0, 30).getTime();
  const local = (...parts: [number, number, number, number?, number?]) => new Date(...parts).toISOString();
  const understood: [string, string][] = [
    ["90m", new Date(now + 90 * 60_000).toISOString()],
    ["2h", new Date(now + 2 * 3_600_000).toISOString()],
    ["3d", new Date(now + 72 * 3_600_000).toISOString()],
    ["1d2h30m", new Date(now + 26.5 * 3_600_000).toISOString()],
    ["18:30", local(2026, 2, 1, 18, 30)],
    ["8:05", local(2026, 2, 2, 8, 5)],
    ["12:00", local(2026, 2, 2, 12, 0)],
    ["2026-03-02T18:00Z", "2026-03-02T18:00:00.000Z"],
    ["2026-03-02T18:00:01.5+02:00", "2026-03-02T16:00:01.500Z"],
    ["2026-03-02T18:00", local(2026, 2, 2, 18)],
    ["2026-03-02", local(2026, 2, 2)],
  ];
  for (const [text, at] of understood) {
    it(`takes ${text}`, () => {
      expect(parseUntil(text, now)).to.equal(at);
    });
  }

  const refused: [string, RegExp][] = [
    ["", /does not understand ""/],
    ["tomorrow", /does not understand "tomorrow".*90m, 36h, 3d/],
    ["2", /does not understand/],
    ["-2h", /does not understand/],
    ["2h3d", /does not understand/],
    ["24:00", /does not understand/],
    ["2026-02-30T10:00", /does not understand/],
    ["2026-13-01", /does not understand/],
    ["2026-03-02 18:00", /does not understand/],
    ["0m", /does not understand/],
    ["2026-02-28T18:00Z", /has passed: it is 2026-03-01 .* UTC now/],
    ["367d", /more than a year ahead/],
    ["99999d", /more than a year ahead/],
  ];
  for (const [text, why] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseUntil(text, now)).to.throw(why);
    });
  }
});

describe("the runners that an operator selects", () => {
  const known = [
    { fleet: "cloud", runner: "dev-cloud-1" },
    { fleet: "cloud", runner: "dev-cloud-2" },
    { fleet: "cloud", runner: "dev-cloud-1" }, // a second machine of the runner
    { fleet: "gpu", runner: "dev-gpu-1" },
  ];

  it("are every fleet if nothing is named", () => {
    expect(select(known, {})).to.deep.equal([{ fleet: "cloud" }, { fleet: "gpu" }]);
  });

  it("are a fleet, or single runners of one fleet or several", () => {
    expect(select(known, { fleet: "gpu" })).to.deep.equal([{ fleet: "gpu" }]);
    expect(select(known, { runners: ["dev-gpu-1", "dev-cloud-1", "dev-cloud-1"] })).to.deep.equal([
      { fleet: "cloud", runners: ["dev-cloud-1"] },
      { fleet: "gpu", runners: ["dev-gpu-1"] },
    ]);
  });

  it("are refused with the known names if a name is unknown", () => {
    expect(() => select(known, { fleet: "gpus" })).to.throw(
      "There is no fleet gpus. The fleets are cloud, gpu.",
    );
    expect(() => select(known, { runners: ["x", "dev-gpu-1"] })).to.throw(
      "There is no runner x. The runners are dev-cloud-1, dev-cloud-2, dev-gpu-1.",
    );
    expect(() => select(known, { fleet: "cloud", runners: ["dev-gpu-1"] })).to.throw(
      "There is no runner dev-gpu-1",
    );
    expect(() => select([], { fleet: "cloud" })).to.throw(
      "There is no fleet cloud. There are no fleets at all.",
    );
  });

  it("include the runners of a whole fleet, or the named ones", () => {
    const selections = select(known, { runners: ["dev-cloud-2"] });
    expect(known.map((each) => isSelected(selections, each))).to.deep.equal([false, true, false, false]);
    expect(known.map((each) => isSelected([{ fleet: "cloud" }], each))).to.deep.equal([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("the name of a caller", () => {
  const names: [string, string][] = [
    ["arn:aws:iam::123456789012:user/ada", "ada"],
    ["arn:aws:iam::123456789012:user/team/runners/ada", "ada"],
    ["arn:aws:iam::123456789012:root", "root"],
    ["arn:aws:sts::123456789012:assumed-role/deploy/build-77", "deploy/build-77"],
    ["arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0a1b/ada@example.com", "ada@example.com"],
    ["unknown", "unknown"],
  ];
  for (const [arn, name] of names) {
    it(`is ${name} for ${arn}`, () => {
      expect(callerName(arn)).to.equal(name);
    });
  }
});
