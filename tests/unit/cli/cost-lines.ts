import fc from "fast-check";
import { loadConfiguration } from "../../../config/load.ts";
import type { LedgerLine, LedgerRecord, StartRecord, StopRecord } from "../../../contract/ledger.ts";
import type { Costs, MeterRecord } from "../../../contract/meter.ts";

/** The time this number of minutes after {@link morning}, which is in the middle of a month. */
export const at = (minutes: number) => new Date(morning + minutes * 60_000).toISOString();
export const morning = Date.parse("2026-11-10T08:00:00.000Z");

const machine = {
  v: 1,
  environment: "dev",
  fleet: "cloud",
  runner: "dev-cloud-1",
  machine: "dev-cloud-1-i-0a",
  instanceType: "m5.xlarge",
} as const;

/** A job that arrived and ended at these minutes after the morning. It started two seconds after its arrival. */
export function job(received: number, ended: number, changes: Partial<LedgerRecord> = {}): LedgerRecord {
  return {
    ...machine,
    repository: "acme/app",
    workflow: "integration",
    runId: "4711",
    runAttempt: "1",
    job: "test",
    receivedAt: at(received),
    startedAt: new Date(Date.parse(at(received)) + 2000).toISOString(),
    endedAt: at(ended),
    result: "Succeeded",
    ...changes,
  };
}

export function start(minute: number, bootMinutes: number, changes: Partial<StartRecord> = {}): StartRecord {
  return { ...machine, kind: "start", at: at(minute), bootSeconds: bootMinutes * 60, ...changes };
}

export function stop(minute: number, changes: Partial<StopRecord> = {}): StopRecord {
  return { ...machine, kind: "stop", at: at(minute), ...changes };
}

/** An environment with one fleet. An hour of one of its machines costs one dollar. */
export const configuration = loadConfiguration("dev", {
  aws: { account: "123456789012", region: "eu-central-1" },
  github: { repository: "acme/app" },
  fleets: { cloud: { runners: 2, instanceType: "m5.xlarge", priceUsdPerHour: 1, disk: { sizeGb: 100 } } },
});

export function meter(days: Record<string, Costs>, changes: Partial<MeterRecord> = {}): MeterRecord {
  const begun = "2026-11-01T00:00:00.000Z";
  return { v: 1, month: "2026-11", begun, at: "2026-11-12T12:00:00.000Z", days, fleets: {}, ...changes };
}

/** Any lines that two machines may have written within three days, sensible or not. */
export const linesArbitrary: fc.Arbitrary<LedgerLine[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom("job", "start", "stop"),
      from: fc.integer({ min: -1000, max: 3000 }),
      minutes: fc.integer({ min: 0, max: 900 }),
      runner: fc.constantFrom("dev-cloud-1", "dev-cloud-2"),
      workflow: fc.constantFrom("integration", "nightly", null),
      begun: fc.boolean(),
      instanceType: fc.constantFrom("m5.xlarge", "m7g.2xlarge"),
    })
    .map(({ kind, from, minutes, runner, workflow, begun, instanceType }): LedgerLine => {
      const source = { runner, machine: `${runner}-i-0a`, instanceType };
      if (kind === "start") return start(from, minutes, source);
      if (kind === "stop") return stop(from, source);
      return job(from, from + minutes, { ...source, workflow, ...(!begun && { startedAt: null }) });
    }),
  { maxLength: 30 },
);
