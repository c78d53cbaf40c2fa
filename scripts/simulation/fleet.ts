import { shutdownSetting } from "../../components/auto-shutdown/auto-shutdown.ts";
import { controllerConfiguration } from "../../components/fleet-controller/controller-configuration.ts";
import { labelledFleets } from "../../components/wake-on-demand/receiver-configuration.ts";
import type { Configuration } from "../../config/schema.ts";
import { workingHoursAt } from "../../contract/working-hours.ts";
import { spentInMonth } from "../../contract/meter.ts";
import { idleTimeoutWords, powerOffWords } from "../../contract/last-words.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import { machineName } from "../../contract/names.ts";
import { initialOverrideSetting } from "../../contract/override.ts";
import { initialPower } from "../../contract/parameters.ts";
import type { Span } from "../../contract/spans.ts";
import type { WaitingJob } from "../../contract/waiting-jobs.ts";
import { secondsThatCount } from "../../contract/waiting-jobs.ts";
import { desiredFor } from "../../contract/desired.ts";
import type { FleetSettings, Desired } from "../../contract/desired.ts";
import { decide as decideMachine } from "../../runtime/agent/decide.ts";
import { sleepTime } from "../../runtime/agent/sleep-time.ts";
import type { SleepTime } from "../../runtime/agent/sleep-time.ts";
import { decide as decideFleets } from "../../runtime/functions/controller/decide.ts";
import type { ControlledMachine } from "../../runtime/functions/controller/machine.ts";
import { createAgenda } from "./agenda.ts";
import type { Arrival } from "./arrivals.ts";
import type { Random } from "./random.ts";

/*
 * A fleet in virtual time. The decisions are the product's own: the controller's
 * `decide` chooses the machines to start and counts their cost. The contract's
 * `desiredFor` and the agent's `sleepTime` and `decide` choose which machines go to
 * sleep, and when. Only the world around them is modelled here: EC2, the boot, and
 * GitHub's queue.
 */

/**
 * Durations of the modelled world, in seconds. They were not measured on AWS. A
 * start from `stopped` until the listener listens takes as long as a system takes
 * to boot, and a session lingers at GitHub for up to four minutes after its
 * listener was killed.
 */
export const modelSeconds = {
  hint: 2,
  pending: 5,
  boot: 60,
  powerOff: 20,
  stopping: 30,
  lingeringSession: 240,
} as const;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The controller wakes a machine that has slept for a week. Some hours later is soon enough for that. */
const someHoursMs = 6 * hourMs;

export interface FleetFigures {
  /** US dollars by the meter. */
  usd: number;
  /** Milliseconds that each job was queued before a machine took it, in the order in which they began. */
  waits: number[];
  /** Machine hours from a start until the machine stops. */
  awakeHours: number;
  /** Machine hours with a job. */
  busyHours: number;
  /** Starts of sleeping machines. */
  wakes: number;
}

export interface Scene {
  /** An environment with one fleet, which jobs wake. */
  configuration: Configuration;
  arrivals: readonly Arrival[];
  /** A span within one month, because the meter counts by months. All machines sleep when it begins. */
  span: Span;
  /** Spreads the machines' sleep times, and chooses the machine for each job. */
  random: Random;
}

interface SimulatedMachine {
  seen: ControlledMachine;
  /** At GitHub. */
  name: string;
  activity: "none" | "idle" | "busy" | "leaving";
  /** When the listener was last active. */
  lastActivityAt: number;
  /** Drawn again at each boot. */
  sleepTime: SleepTime | undefined;
  /** When the last listener ended. */
  leftAt: number;
}

/** One fleet with its jobs over a span of time. */
export function simulateFleet({ configuration, arrivals, span, random }: Scene): FleetFigures {
  const environment = "simulated";
  const [fleet] = Object.keys(configuration.fleets);
  const { runners, instanceType, autoShutdown } = configuration.fleets[fleet!]!;
  const { agent } = configuration;
  const control = controllerConfiguration(environment, configuration);
  const { labels } = labelledFleets(configuration)[0]!;

  const agenda = createAgenda(span.from);
  const machines = Array.from({ length: runners }, (_, index) =>
    asleep(`${environment}-${fleet!}-${index + 1}`, index),
  );
  const roster = machines.map(({ seen }) => seen.id);
  const settings: FleetSettings = {
    candidates: roster,
    roster,
    power: initialPower,
    override: initialOverrideSetting,
    limits: shutdownSetting(autoShutdown),
  };
  const jobs = new Map<string, WaitingJob & { runsMs: number }>();
  const figures = { waits: [] as number[], awakeMs: 0, busyMs: 0, wakes: 0 };
  let meter: MeterRecord | undefined;
  let nextMinute = -Infinity;

  arrivals.forEach((arrival, index) => {
    agenda.plan(arrival.queuedAt, () => {
      queue(String(index + 1), arrival);
    });
  });
  // The controller is called each minute. If nothing has happened, a call changes nothing, except for these.
  for (let at = span.from; at < span.to; at += someHoursMs) agenda.plan(at, tick);
  const { workingHours } = autoShutdown;
  for (
    let at = span.from;
    workingHours && at < span.to;
    at = workingHoursAt(workingHours, at).until ?? span.to
  )
    agenda.plan(at, tick);
  agenda.runUntil(span.to - 1);
  tick();
  for (const { seen } of machines) if (isUp(seen)) figures.awakeMs += agenda.now() - seen.launchedAt;
  return {
    usd: spentInMonth(meter!),
    waits: figures.waits,
    awakeHours: figures.awakeMs / hourMs,
    busyHours: figures.busyMs / hourMs,
    wakes: figures.wakes,
  };

  function asleep(runner: string, index: number): SimulatedMachine {
    const id = `i-${String(index + 1).padStart(17, "0")}`;
    const before = span.from - hourMs;
    return {
      seen: {
        id,
        fleet: fleet!,
        runner,
        instanceType,
        availabilityZone: index % 2 === 0 ? "a" : "b",
        state: "stopped",
        createdAt: before,
        launchedAt: before,
        hasPublicAddress: false,
        report: { state: "asleep", since: before, detail: idleTimeoutWords },
      },
      name: machineName(runner, id),
      activity: "none",
      lastActivityAt: -Infinity,
      sleepTime: undefined,
      leftAt: -Infinity,
    };
  }

  /** One call of the controller. */
  function tick(): void {
    const now = agenda.now();
    const plan = decideFleets(control, {
      now,
      settings: { [fleet!]: settings },
      machines: machines.map(({ seen }) => seen),
      strayDisks: [],
      problems: [],
      jobs: [...jobs.values()],
      meter: meter ?? "none",
    });
    meter = plan.meter;
    for (const { instanceId } of plan.start) start(instanceId);
    for (const { instanceId, job } of plan.demand?.starts ?? []) {
      start(instanceId);
      Object.assign(jobs.get(job.id)!, {
        wakes: job.wakes + 1,
        wokenAt: now / 1000,
        wokenMachine: instanceId,
      });
    }
    const power = plan.power[fleet!];
    if (power) {
      settings.power = power;
      for (const machine of machines)
        agenda.plan(now + agent.pollSeconds * 1000, () => {
          look(machine);
        });
    }
    if (queued().length > 0 && nextMinute <= now) {
      nextMinute = (Math.floor(now / minuteMs) + 1) * minuteMs;
      agenda.plan(nextMinute, tick);
    }
  }

  function queue(id: string, { queuedAt, runsMs }: Arrival): void {
    const at = queuedAt / 1000;
    jobs.set(id, {
      id,
      repository: "acme/app",
      labels: [...labels],
      state: "queued",
      queuedAt: at,
      at,
      expiresAt: at + secondsThatCount.queued,
      wakes: 0,
      runsMs,
    });
    deal();
    agenda.plan(agenda.now() + modelSeconds.hint * 1000, tick);
  }

  function queued() {
    return [...jobs.values()].filter(({ state }) => state === "queued");
  }

  /** GitHub hands the oldest job to any machine that listens. */
  function deal(): void {
    for (const job of queued()) {
      const idle = machines.filter(({ activity }) => activity === "idle");
      const machine = idle[Math.floor(random() * idle.length)];
      if (!machine) return;
      const now = agenda.now();
      figures.waits.push(now - job.queuedAt * 1000);
      figures.busyMs += Math.min(job.runsMs, span.to - now);
      machine.activity = "busy";
      Object.assign(job, {
        state: "in_progress",
        runner: machine.name,
        expiresAt: now / 1000 + secondsThatCount.in_progress,
      });
      agenda.plan(now + job.runsMs, () => {
        jobs.delete(job.id);
        listen(machine);
      });
    }
  }

  function start(instanceId: string): void {
    const machine = machines.find(({ seen }) => seen.id === instanceId)!;
    const now = agenda.now();
    Object.assign(machine.seen, { state: "pending", launchedAt: now, hasPublicAddress: true });
    figures.wakes += 1;
    const booted = now + modelSeconds.boot * 1000;
    agenda.plan(now + modelSeconds.pending * 1000, () => {
      machine.seen.state = "running";
    });
    agenda.plan(booted, () => {
      machine.sleepTime = sleepTime(agent, { monotonic: agenda.now }, random);
    });
    agenda.plan(Math.max(booted, machine.leftAt + modelSeconds.lingeringSession * 1000), () => {
      listen(machine);
    });
  }

  /** Its listener has begun to listen, or its job has ended. */
  function listen(machine: SimulatedMachine): void {
    machine.activity = "idle";
    machine.lastActivityAt = agenda.now();
    deal();
    look(machine);
  }

  /** One look of the agent; the next comes when something may have changed. */
  function look(machine: SimulatedMachine): void {
    if (machine.activity !== "idle") return;
    const now = agenda.now();
    const { seen, lastActivityAt } = machine;
    const desired = desiredFor({ runner: seen.runner, instanceId: seen.id }, settings, now);
    const sleepAt = machine.sleepTime!({
      power: desired.power,
      idleMinutes: desired.idleMinutes,
      lastUsedAt: lastActivityAt,
    });
    const quietMs = agent.quietSeconds * 1000;
    const { action } = decideMachine({
      now,
      listener: { listening: true, frozen: false },
      worker: false,
      updating: false,
      job: false,
      lastActivityAt: lastActivityAt,
      pendingJobEvidence: undefined,
      missedAt: undefined,
      refusals: 0,
      disconnectedAt: undefined,
      reachableAt: undefined,
      workerAt: undefined,
      toldToEndAt: undefined,
      jobLimit: undefined,
      exit: undefined,
      registered: true,
      listing: desired.listing,
      mayRetire: true,
      power: desired,
      sleepAt,
      quietMs,
      bootTimer: "cancelled",
    });
    if (action === "freeze") leave(machine, desired);
    else if (sleepAt < Infinity) {
      agenda.plan(Math.max(sleepAt, lastActivityAt + quietMs, now + 1), () => {
        if (machine.lastActivityAt === lastActivityAt) look(machine);
      });
    }
  }

  function leave(machine: SimulatedMachine, desired: Desired): void {
    machine.activity = "leaving";
    machine.leftAt = agenda.now();
    const detail = desired.power === "off" ? powerOffWords(desired) : idleTimeoutWords;
    machine.seen.report = { state: "asleep", since: machine.leftAt, detail };
    agenda.plan(machine.leftAt + modelSeconds.powerOff * 1000, () => {
      tick(); // So that the meter has seen it run until now.
      machine.activity = "none";
      figures.awakeMs += agenda.now() - machine.seen.launchedAt;
      Object.assign(machine.seen, { state: "stopping", hasPublicAddress: false });
      agenda.plan(agenda.now() + modelSeconds.stopping * 1000, () => {
        machine.seen.state = "stopped";
      });
    });
  }
}

function isUp({ state }: ControlledMachine): boolean {
  return state === "pending" || state === "running";
}
