import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import type { EnvironmentStatus, RunnerStatus } from "../../../observe/environment-status.ts";
import { createOutput } from "../../../cli/terminal/output.ts";
import { statusTable } from "../../../cli/status/table.ts";

const missing: RunnerStatus = {
  fleet: "cloud",
  runner: "dev-cloud-2",
  state: "missing",
  since: null,
  detail: "No machine has its tag.",
  job: null,
  instanceId: null,
  name: null,
  instanceState: null,
  listing: null,
  desired: null,
  version: null,
  generation: null,
  createdAt: null,
  imageId: null,
  imageCreatedAt: null,
};
const busy: RunnerStatus = {
  ...missing,
  runner: "dev-cloud-1",
  state: "busy",
  since: "2026-03-01T11:55:00.000Z",
  detail: null,
  job: "https://github.com/acme/app/actions/runs/7",
  instanceId: "i-0123456789abcdef0",
  listing: "none",
  desired: { power: "off", by: "ada", reason: "quiet\u001b[2J night", until: "2026-03-01T18:00:00.000Z" },
  version: "2.338.0",
  generation: 3,
  imageCreatedAt: "2026-01-28T12:00:00.000Z",
};
const status = (more: Partial<EnvironmentStatus> = {}): EnvironmentStatus => ({
  environment: "dev",
  at: "2026-03-01T12:00:00.000Z",
  githubAsked: true,
  runners: [busy, missing],
  notes: [],
  ...more,
});

describe("an environment's status for people", () => {
  it("is a table with aligned columns and without trailing blanks", () => {
    const desired = "leave, off until 2026-03-01 18:00 UTC (ada: quiet [2J night)";
    expect(statusTable(status({ notes: ["GitHub was not asked."] }), false).split("\n")).to.deep.equal([
      `RUNNER       MACHINE              STATE    SINCE  ${"DESIRED".padEnd(desired.length)}  VERSION  GEN  IMAGE`,
      `dev-cloud-1  i-0123456789abcdef0  busy     5 min  ${desired}  2.338.0  3    32 d   ${busy.job!}`,
      `dev-cloud-2  -                    missing  -      ${"-".padEnd(desired.length)}  -        -    -      No machine has its tag.`,
      "GitHub was not asked.",
    ]);
  });

  it("has colours only if they are wanted, and the same widths with them", () => {
    const plain = statusTable(status(), false);
    const painted = statusTable(status(), true);
    expect(plain).to.not.include("\u001b");
    expect(painted).to.include("\u001b[36mbusy   \u001b[39m");
    expect(stripVTControlCharacters(painted)).to.equal(plain);
  });

  it("says so if there are no runners", () => {
    expect(statusTable(status({ runners: [] }), false)).to.equal("dev has no runners.");
  });
});

describe("a terminal on which a status is drawn again and again", () => {
  const draw = (text: string, rows?: number) => {
    let written = "";
    const stdout = {
      write: (part: string) => (written += part),
      isTTY: true,
      ...(rows !== undefined && { rows }),
    };
    createOutput(stdout, { write: () => undefined }, () => 0).terminal!.redraw(text);
    return written;
  };

  it("is drawn from the top, and nothing of the earlier text is left", () => {
    expect(draw("a\nb")).to.equal("\u001b[?7l\u001b[Ha\u001b[K\nb\u001b[K\n\u001b[J\u001b[?7h");
  });

  it("does not scroll: lines that do not fit are counted", () => {
    expect(draw("a\nb\nc\nd\ne", 5)).to.include("c\u001b[K\n… and 2 more line(s)").and.not.include("d\u001b");
  });

  it("shows everything if its size is not known", () => {
    expect(draw("a\nb\nc", 0)).to.include("a\u001b[K\nb\u001b[K\nc\u001b[K");
    expect(draw("a\nb\nc", 1)).to.include("a\u001b[K\n… and 2 more line(s)");
  });

  it("is used only if standard output is one", () => {
    const nothing = { write: () => undefined };
    expect(createOutput(nothing, { ...nothing, isTTY: true }, () => 0)).to.not.have.property("terminal");
  });
});
