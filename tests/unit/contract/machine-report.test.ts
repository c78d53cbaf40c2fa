import { expect } from "chai";
import { reportOf } from "../../../contract/machine-report.ts";
import { tags } from "../../../contract/tags.ts";

describe("a machine's report", () => {
  it("is what its tags say", () => {
    const job = "acme/app/actions/runs/7";
    const since = "2026-03-01T10:00:00.123Z";
    const version = "2.338.0";
    const own = {
      [tags.state]: "busy",
      [tags.since]: since,
      [tags.job]: job,
      [tags.detail]: "a job",
      [tags.version]: version,
    };
    expect(reportOf(own)).to.deep.equal({ state: "busy", since, job, detail: "a job", version });
  });

  it("is absent before its first report, or if its state is not one of `machineStates`", () => {
    expect(reportOf({})).to.equal(undefined);
    expect(reportOf({ [tags.state]: "hacked" })).to.equal(undefined);
  });

  const forged: [string, string][] = [
    [tags.job, "https://evil.example"],
    [tags.job, "../../x/actions/runs/1"],
    [tags.since, "\u001b[2Jyesterday"],
    [tags.detail, "\u001b\u0007\n"],
    [tags.version, "2.338.0\u001b[31m evil"],
  ];
  for (const [key, value] of forged) {
    it(`leaves out a forged ${key}: ${JSON.stringify(value)}`, () => {
      expect(JSON.stringify(reportOf({ [tags.state]: "idle", [key]: value }))).to.not.match(
        /evil|x\/actions|u001b|\\n/,
      );
    });
  }
});
