import fc from "fast-check";
import type { RunnerObservation } from "../../../runtime/agent/runner-observation.ts";
import type { AfterExit } from "../../../runtime/agent/exit-codes.ts";

/** A machine in service with a listener that waits for a job. */
export const idle: RunnerObservation = {
  now: 10_000_000,
  listener: { listening: true, frozen: false },
  worker: false,
  workerAt: undefined,
  toldToEndAt: undefined,
  updating: false,
  job: false,
  lastActivityAt: 0,
  pendingJobEvidence: undefined,
  missedAt: undefined,
  exit: undefined,
  refusals: 0,
  disconnectedAt: undefined,
  reachableAt: undefined,
  registered: true,
  listing: "service",
  mayRetire: true,
  power: { power: "on", by: "stack", reason: "the fleet was created" },
  sleepAt: Infinity,
  jobLimit: { hours: 24, enforce: false },
  quietMs: 180_000,
  bootTimer: "cancelled",
};

/** The same machine with a job that has run for almost three hours, since its clock began, and has a limit of one hour. */
export const overdue: RunnerObservation = {
  ...idle,
  job: true,
  worker: true,
  workerAt: 0,
  jobLimit: { hours: 1, enforce: false },
};

/** The same machine before its listener was started. */
export const withoutListener: RunnerObservation = { ...idle, listener: undefined };

/** The same machine when it is to leave and has frozen its listener. */
export const frozen: RunnerObservation = {
  ...idle,
  listener: { listening: true, frozen: true },
  listing: "none",
};

const afterExit: fc.Arbitrary<AfterExit> = fc.oneof(
  fc.record({
    then: fc.constant("restart" as const),
    afterMs: fc.nat(300_000),
    reason: fc.constant("it ended with code 2"),
  }),
  fc.constant({ then: "update" as const }),
  fc.record({
    then: fc.constant("version-refused" as const),
    afterMs: fc.nat(3_600_000),
    again: fc.constant("2026-05-01 10:10 UTC"),
  }),
  fc.constant({ then: "needs-token" as const }),
);

const moment = fc.option(fc.nat(20_000_000), { nil: undefined });

/** Every observation of a machine that is possible. */
export const observation: fc.Arbitrary<RunnerObservation> = fc.record({
  now: fc.nat(20_000_000),
  listener: fc.option(fc.record({ listening: fc.boolean(), frozen: fc.boolean() }), { nil: undefined }),
  worker: fc.boolean(),
  workerAt: moment,
  toldToEndAt: moment,
  updating: fc.boolean(),
  job: fc.boolean(),
  lastActivityAt: fc.nat(20_000_000),
  pendingJobEvidence: fc.option(fc.constant("bytes wait in a socket of the listener"), { nil: undefined }),
  missedAt: moment,
  exit: fc.option(fc.record({ at: fc.nat(20_000_000), after: afterExit }), { nil: undefined }),
  refusals: fc.nat(3),
  disconnectedAt: moment,
  reachableAt: moment,
  registered: fc.boolean(),
  listing: fc.constantFrom("service", "candidate", "none", "unknown"),
  mayRetire: fc.boolean(),
  power: fc.option(
    fc.record({
      power: fc.constantFrom("on", "off"),
      by: fc.constantFrom("stack", "working-hours", "budget", "alice"),
      reason: fc.constant("somebody said so"),
    }),
    { nil: undefined },
  ),
  sleepAt: fc.nat(20_000_000),
  jobLimit: fc.option(fc.record({ hours: fc.constantFrom(0.5, 2, 24), enforce: fc.boolean() }), {
    nil: undefined,
  }),
  quietMs: fc.constant(180_000),
  bootTimer: fc.constantFrom("armed", "cancelled"),
});
