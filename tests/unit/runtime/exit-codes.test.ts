import { expect } from "chai";
import { afterExit } from "../../../runtime/agent/exit-codes.ts";

const clockAt = Date.UTC(2026, 4, 1, 23, 55, 30);
const after = (code: number | undefined, failures = 0, registrationGone = false, refusals = 0) =>
  afterExit({ code, failures, registrationGone, refusals, clockAt });

describe("what the agent does after the listener's exit", () => {
  const rules: [string, number | undefined, object][] = [
    ["0: it ended by itself, and is restarted", 0, { then: "restart", afterMs: 5000 }],
    ["1: it reports a permanent error, and is restarted", 1, { then: "restart", afterMs: 5000 }],
    ["2: it reports a temporary error, and is restarted", 2, { then: "restart", afterMs: 5000 }],
    ["3: a self-update", 3, { then: "update" }],
    ["4: a self-update of a runner for one job", 4, { then: "update" }],
    ["5: a session that GitHub still holds", 5, { then: "restart", afterMs: 15_000 }],
    ["6: a refreshed configuration, at once", 6, { then: "restart", afterMs: 0 }],
    [
      "7: a version that GitHub refuses",
      7,
      { then: "version-refused", afterMs: 600_000, again: "2026-05-02 00:05 UTC" },
    ],
    ["a signal, or another agent's child", undefined, { then: "restart", afterMs: 5000 }],
    ["an unknown code", 99, { then: "restart", afterMs: 5000 }],
  ];
  for (const [title, code, expected] of rules) {
    it(title, () => {
      expect(after(code)).to.include(expected);
    });
  }

  it("asks for a token if the registration is gone, whatever the exit code", () => {
    for (const code of [0, 1, 2, 5, undefined]) {
      expect(after(code, 0, true)).to.deep.equal({ then: "needs-token" });
    }
  });

  it("doubles the delay with each consecutive failure, up to five minutes", () => {
    const delays = [1, 2, 3, 4, 20].map((failures) => after(2, failures));
    expect(delays.map((next) => next.then === "restart" && next.afterMs)).to.deep.equal([
      5000, 10_000, 20_000, 40_000, 300_000,
    ]);
  });

  it("retries a refused version after ten minutes, and doubles that delay up to an hour", () => {
    const delays = [1, 2, 3, 4, 20].map((refusals) => after(7, 0, false, refusals));
    expect(delays.map((next) => next.then === "version-refused" && next.afterMs / 60_000)).to.deep.equal([
      10, 20, 40, 60, 60,
    ]);
  });

  it("waits at most four minutes after a session conflict, because GitHub keeps a session for that long", () => {
    const delays = [1, 2, 3, 4, 5, 20].map((failures) => after(5, failures));
    expect(delays.map((next) => next.then === "restart" && next.afterMs)).to.deep.equal([
      15_000, 30_000, 60_000, 120_000, 240_000, 240_000,
    ]);
  });
});
