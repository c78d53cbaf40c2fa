import { expect } from "chai";
import { loadConfiguration } from "../../../config/load.ts";
import {
  configuredVersions,
  isOlder,
  readOffered,
  readSupport,
  versionNotes,
} from "../../../config/runner-versions.ts";
import type { VersionSupport } from "../../../config/runner-versions.ts";

const sha256 = "a".repeat(64);
const own = "b".repeat(64);

describe("the configured runner versions", () => {
  const fleetsWith = (runner: object) =>
    loadConfiguration("dev", {
      aws: { account: "123456789012", region: "eu-central-1" },
      github: { repository: "acme/app" },
      fleets: { cloud: { runner } },
    }).fleets;
  const pinned = { version: "2.336.0", sha256: own, selfUpdate: false };

  /** The notes on one runner, given the version that GitHub offers and the dates of the configured version. */
  const notesOn = (runner: object, offered: string, support: VersionSupport = {}, checksum = sha256) => {
    const fleets = fleetsWith(runner);
    return versionNotes(fleets, {
      offered: [{ version: offered, architecture: "x64", sha256: checksum }],
      support: new Map([[configuredVersions(fleets)[0]!, support]]),
    });
  };

  it("get no note while GitHub offers them", () => {
    expect(notesOn(pinned, "2.336.0", {}, own)).to.deep.equal([]);
    expect(
      notesOn({}, "2.338.0", {}, "af4b794c1bc41d73d40535e3fe092a39f9679cd8d965954c2aca25a05ca41d32"),
    ).to.deep.equal([]);
  });

  it("are to be raised to GitHub's version and checksum, if they do not update themselves", () => {
    expect(notesOn(pinned, "2.340.0")).to.deep.equal([
      "cloud: runner.version is 2.336.0, and GitHub offers 2.340.0. " +
        "GitHub refuses a version 30 days after the next one came out. " +
        `Raise runner.version to 2.340.0 and runner.sha256 to ${sha256} and run \`pulumi up\`; ` +
        "a rotation would install 2.336.0 again.",
    ]);
    expect(notesOn(pinned, "2.338.0")[0], "a known checksum need not be configured").to.include(
      "Raise runner.version to 2.338.0 and run",
    );
  });

  it("may be older if they update themselves, until GitHub gives a date for their refusal", () => {
    const self = { ...pinned, selfUpdate: true };
    expect(notesOn(self, "2.340.0")).to.deep.equal([]);
    const [note] = notesOn(self, "2.340.0", { jobsEndAt: "2026-11-05T00:00:00Z" });
    expect(note).to.include("GitHub gives it no jobs from 2026-11-05T00:00:00Z on.");
  });

  it("get a note with both dates, even if GitHub does not answer what it offers", () => {
    const support = { jobsEndAt: "2026-11-05T00:00:00Z", registrationEndsAt: "2026-12-05T00:00:00Z" };
    const notes = versionNotes(fleetsWith(pinned), { offered: [], support: new Map([["2.336.0", support]]) });
    expect(notes[0])
      .to.include("no jobs from 2026-11-05")
      .and.include("No machine can register with it from 2026-12-05")
      .and.include("Raise runner.version and run");
  });

  it("are also compared by checksum, unless the tarball is the user's own", () => {
    const [note] = notesOn(pinned, "2.336.0");
    expect(note).to.include(sha256).and.include(own).and.include("Correct runner.sha256.");
    const mirrored = { ...pinned, url: "https://mirror.example.com/runner.tar.gz" };
    expect(notesOn(mirrored, "2.336.0")).to.deep.equal([]);
  });

  it("are ordered by number, not as text", () => {
    expect(isOlder("2.99.0", "2.100.0")).to.equal(true);
    expect(isOlder("2.100.0", "2.99.9")).to.equal(false);
    expect(isOlder("2.338.0", "2.338.0")).to.equal(false);
  });
});

describe("GitHub's answer about the runner software", () => {
  it("has versions in the names of its Linux tarballs", () => {
    const named = (filename: string) => ({
      os: "linux",
      architecture: "x64",
      filename,
      sha256_checksum: sha256,
    });
    const body = [
      named("actions-runner-linux-x64-2.338.0.tar.gz"),
      { filename: "actions-runner-linux-arm64-2.338.0.tar.gz" },
      named("actions-runner-linux-arm-2.338.0.tar.gz"),
      named("actions-runner-win-x64-2.338.0.zip"),
      null,
    ];
    expect(readOffered(body)).to.deep.equal([
      { version: "2.338.0", architecture: "x64", sha256 },
      { version: "2.338.0", architecture: "arm64" },
    ]);
    expect(readOffered({ message: "Not Found" })).to.deep.equal([]);
  });

  it("has dates, null, or nothing at all", () => {
    expect(
      readSupport({ runner_version: "2.328.0", runtime_deprecates_at: "2025-12-16T17:40:26Z" }),
    ).to.deep.equal({
      jobsEndAt: "2025-12-16T17:40:26Z",
    });
    const both = { registration_deprecates_at: "2025-12-17T00:00:00Z", runtime_deprecates_at: null };
    expect(readSupport(both)).to.deep.equal({ registrationEndsAt: "2025-12-17T00:00:00Z" });
    expect(readSupport(undefined)).to.deep.equal({});
  });
});
