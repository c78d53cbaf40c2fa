import type { ChildProcess } from "node:child_process";
import { Failure, traceOf } from "../../contract/failure.ts";
import { processesOfUnit } from "./marker.ts";
import { endProcesses, processesEnded, signalProcesses } from "./processes.ts";
import { createStartLimit } from "./start-limit.ts";
import type { Stopping } from "./stop-order.ts";
import { stopInOrder } from "./stop-order.ts";
import { unitFiles } from "./unit-files.ts";
import type { ServiceHost } from "./unit-process.ts";
import { runCommandOf } from "./unit-process.ts";
import type { Unit } from "./units.ts";

export type ServiceState = "inactive" | "activating" | "active" | "failed";

/** The machine's systemd: starts, restarts and stops services as their units say. Names may omit `.service`. */
export interface Services {
  /**
   * Starts the unit, after the units that it requires. Returns true if it runs
   * (simple) or has succeeded (oneshot).
   */
  start(name: string): Promise<boolean>;
  /** Stops a service or a scope. */
  stop(name: string): Promise<void>;
  /** Sends a signal to all processes of a unit, as `systemctl kill` does. */
  kill(name: string, signal: NodeJS.Signals): void;
  enable(name: string): void;
  /** @throws when the unit does not exist, as systemctl fails then */
  disable(name: string): void;
  /** Starts the enabled units that are ordered before the network, and waits for them. */
  startBeforeNetwork(): Promise<void>;
  /** Starts all other enabled units. */
  startEnabled(): Promise<void>;
  state(name: string): ServiceState;
  resetFailed(name: string): void;
  /** Runs work as a unit without a file, such as cloud-init, so that other units can wait for it. */
  during(name: string, work: () => Promise<boolean>): Promise<void>;
  /**
   * Registers a scope that a process is about to enter.
   *
   * @throws when the machine goes down
   */
  addScope(name: string, order: Pick<Stopping, "after" | "before">): void;
  /** Changes the target: units stop in their order, except those that ignore it. Scopes ignore it. */
  isolate(): Promise<void>;
  /** Whether the machine is shutting down, so that no unit starts any more. */
  stopping(): boolean;
  /**
   * Shuts the machine down: no unit is started any more, and running units are
   * stopped in their order.
   *
   * @param others things that are not services here, and stop among them
   */
  halt(others: ReadonlyMap<string, Stopping>): Promise<void>;
}

interface Service {
  state: ServiceState;
  /** Resolves when the state is no longer `activating`. */
  settled: Promise<boolean>;
  child?: ChildProcess;
  /** A stop was requested, so the service is not restarted. */
  stopping?: boolean;
}

/** Milliseconds between SIGTERM and SIGKILL of a scope. */
const scopeStopMs = 5000;

/** @param restartFactor the factor by which a service waits longer before a restart than its unit says */
export function createServices(host: ServiceHost, restartFactor = 1): Services {
  const { root, log } = host;
  const files = unitFiles(root);
  const services = new Map<string, Service>();
  const scopes = new Map<string, Pick<Stopping, "after" | "before">>();
  const startLimit = createStartLimit(() => performance.now());
  let halted = false;

  const start = (name: string): Promise<boolean> => {
    const current = services.get(name);
    if (current?.state === "active") return Promise.resolve(true);
    if (current?.state === "activating") return current.settled;
    const unit = files.load(name);
    const service: Service = { state: "activating", settled: Promise.resolve(false) };
    services.set(name, service);
    service.settled = activate(unit, service).then((done) => {
      if (!done) service.state = "failed";
      return done;
    });
    return service.settled;
  };

  const mayStart = (unit: Unit): boolean => {
    if (halted) return false;
    if (startLimit.takes(unit)) return true;
    log(unit.name, "Start request repeated too quickly. Failed with result 'start-limit-hit'.", true);
    return false;
  };

  const activate = async (unit: Unit, service: Service): Promise<boolean> => {
    if (!mayStart(unit)) return false;
    const required = unit.requires.map((name) => (files.exists(name) ? start(name) : Promise.resolve(false)));
    for (const name of unit.wants.filter((other) => files.exists(other))) void start(name);
    for (const name of unit.after) {
      const other = services.get(name);
      if (other?.state !== "activating") continue;
      log(unit.name, `waits for ${name}`, true);
      await other.settled;
    }
    if ((await Promise.all(required)).includes(false)) {
      log(unit.name, `a unit that it requires failed: ${unit.requires.join(" ")}`, true);
      return false;
    }
    return run(unit, service);
  };

  const run = async (unit: Unit, service: Service): Promise<boolean> => {
    if (unit.command.length === 0) {
      service.state = "active";
      return true;
    }
    const { child, ended } = runCommandOf(unit, unit.command, host);
    service.child = child;
    if (unit.type === "oneshot") {
      const failure = await ended;
      if (failure !== "") log(unit.name, failure, true);
      service.state = failure !== "" ? "failed" : unit.remainAfterExit ? "active" : "inactive";
      if (failure !== "" && unit.restart !== "no" && !service.stopping) runAgain(unit, service);
      return failure === "";
    }
    service.state = "active";
    void ended.then((failure) => afterMain(unit, service, failure));
    return true;
  };

  /** Handles the end of a simple service's main process. */
  const afterMain = async (unit: Unit, service: Service, failure: string) => {
    log(unit.name, failure === "" ? "ended" : failure, unit.console);
    if (service.stopping) return; // The stop ends the remaining processes. Processes that the unit has now may belong to its next start.
    if (unit.killMode === "control-group") await endProcesses(() => processesOfUnit(root, unit.name));
    service.state = failure === "" ? "inactive" : "failed";
    if (unit.restart === "no" || (unit.restart === "on-failure" && failure === "")) return;
    service.state = "activating";
    runAgain(unit, service);
  };

  const runAgain = (unit: Unit, service: Service) => {
    setTimeout(() => {
      if (service.stopping) return;
      if (mayStart(unit)) service.settled = run(unit, service);
      else service.state = "failed";
    }, unit.restartMs * restartFactor);
  };

  const stopService = async (name: string, service: Service) => {
    const wasActive = service.state === "active";
    service.stopping = true;
    const unit = files.load(name);
    const { child } = service;
    const ofUnit = () => processesOfUnit(root, name);
    if (wasActive && unit.stopCommand.length > 0) {
      const { ended } = runCommandOf(unit, unit.stopCommand, host);
      const limit = setTimeout(() => {
        log(name, "Stopping timed out. Terminating.", true);
        signalProcesses(ofUnit(), "SIGKILL");
      }, unit.stopMs);
      const failure = await ended;
      clearTimeout(limit);
      if (failure !== "") log(name, failure, true);
    }
    const main = () =>
      child?.pid !== undefined && child.exitCode === null && child.signalCode === null ? [child.pid] : [];
    await endGently(unit.killMode === "control-group" ? ofUnit : main, unit.stopMs);
    service.state = "inactive";
    services.delete(name);
  };

  const stop = async (name: string) => {
    const service = services.get(name);
    if (service) await stopService(name, service);
    if (!scopes.delete(name)) return;
    await endGently(() => processesOfUnit(root, name), scopeStopMs);
  };

  const loaded = () =>
    [...services.keys()].filter((name) => files.exists(name)).map((name) => files.load(name));
  const inOrder = ({ name, after, before }: Unit): [string, Stopping] => [
    name,
    { after, before, stop: () => stop(name) },
  ];

  const startAll = (names: readonly string[]) =>
    Promise.all(
      names.map(async (name) => {
        try {
          return await start(name);
        } catch (error) {
          log(name, traceOf(error), true);
          return false;
        }
      }),
    );

  return {
    start: (name) => start(unitName(name)),
    stop: (name) => stop(unitName(name)),
    kill(name, signal) {
      signalProcesses(processesOfUnit(root, unitName(name)), signal);
    },
    enable: (name) => {
      files.enable(unitName(name));
    },
    disable: (name) => {
      files.disable(unitName(name));
    },
    startBeforeNetwork: async () => {
      await startAll(
        files.enabled().filter((name) => !files.isMasked(name) && isBeforeNetwork(files.load(name))),
      );
    },
    startEnabled: async () => {
      await startAll(files.enabled());
    },
    state: (name) => services.get(unitName(name))?.state ?? "inactive",
    resetFailed: (name) => {
      startLimit.reset(unitName(name));
    },
    during: async (name, work) => {
      const service: Service = { state: "activating", settled: work() };
      services.set(name, service);
      service.state = (await service.settled) ? "active" : "failed";
    },
    addScope(name, order) {
      if (halted) throw new Failure(`Failed to start transient scope unit: the machine goes down.`);
      scopes.set(name, order);
    },
    halt: async (others) => {
      halted = true;
      const units = new Map(others);
      for (const [name, order] of scopes) units.set(name, { ...order, stop: () => stop(name) });
      for (const [name, order] of loaded().map(inOrder)) units.set(name, order);
      await stopInOrder(units);
    },
    isolate: () => {
      const leaving = loaded().filter(({ ignoreOnIsolate }) => !ignoreOnIsolate);
      return stopInOrder(new Map(leaving.map(inOrder)));
    },
    stopping: () => halted,
  };
}

/**
 * Whether systemd starts the unit before there is a network. A unit with
 * default dependencies does not: it waits for `sysinit.target`, which waits for
 * the network where cloud-init does.
 */
function isBeforeNetwork({ defaultDependencies, before, wants }: Unit): boolean {
  const hasTarget = [before, wants].every((names) => names.includes("network-pre.target"));
  return !defaultDependencies && hasTarget;
}

/** Sends SIGTERM, and after the limit SIGKILL to the remaining processes. */
async function endGently(running: () => number[], limitMs: number): Promise<void> {
  signalProcesses(running(), "SIGTERM");
  if (!(await processesEnded(running, limitMs))) await endProcesses(running);
}

function unitName(name: string): string {
  return name.includes(".") ? name : `${name}.service`;
}
