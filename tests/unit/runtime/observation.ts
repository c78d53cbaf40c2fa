import fc from "fast-check";
import type { Observation } from "../../../runtime/agent/decide.ts";
import type { AfterExit } from "../../../runtime/agent/exit-codes.ts";

/** A machine in service whose listener waits for a job. */
export const idle: Observation = {
  now: 10_000_000,
  listener: { listening: true },
  worker: false,
  updating: false,
  job: false,
  jobSignAt: 0,
  exit: undefined,
  registered: true,
  listing: "service",
  mayRetire: true,
  mayLeaveAt: -Infinity,
  power: { power: "on", by: "stack", reason: "the fleet was created" },
  bootTimer: "cancelled",
};

/** The same machine before its listener was started. */
export const withoutListener: Observation = { ...idle, listener: undefined };

const afterExit: fc.Arbitrary<AfterExit> = fc.oneof(
  fc.record({
    then: fc.constant("restart" as const),
    afterMs: fc.nat(300_000),
    reason: fc.constant("it ended with code 2"),
  }),
  fc.constant({ then: "update" as const }),
  fc.constant({ then: "version-refused" as const }),
  fc.constant({ then: "needs-token" as const }),
);

/** Whatever a machine can look like. */
export const observation: fc.Arbitrary<Observation> = fc.record({
  now: fc.nat(20_000_000),
  listener: fc.option(fc.record({ listening: fc.boolean() }), { nil: undefined }),
  worker: fc.boolean(),
  updating: fc.boolean(),
  job: fc.boolean(),
  jobSignAt: fc.nat(20_000_000),
  exit: fc.option(fc.record({ at: fc.nat(20_000_000), after: afterExit }), { nil: undefined }),
  registered: fc.boolean(),
  listing: fc.constantFrom("service", "candidate", "none", "unknown"),
  mayRetire: fc.boolean(),
  mayLeaveAt: fc.oneof(fc.constant(-Infinity), fc.nat(20_000_000)),
  power: fc.option(
    fc.record({
      power: fc.constantFrom("on", "off"),
      by: fc.constantFrom("stack", "hours", "budget", "alice"),
      reason: fc.constant("somebody said so"),
    }),
    { nil: undefined },
  ),
  bootTimer: fc.constantFrom("armed", "cancelled"),
});
