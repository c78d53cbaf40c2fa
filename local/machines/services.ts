import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { processesOfUnit, unitVariable } from "./marker.ts";
import { endProcesses, processesEnded, signalProcesses } from "./processes.ts";
import type { Unit } from "./units.ts";
import { expandVariables, parseEnvironmentFile, parseUnit } from "./units.ts";

export type ServiceState = "inactive" | "activating" | "active" | "failed";

/** What the services of a machine need from it. */
export interface ServiceHost {
  /** The machine's root folder. */
  root: string;
  environment: Record<string, string>;
  /** One line of a unit's output, or of what happened to it. */
  log: (unit: string, line: string, console: boolean) => void;
}

/** The machine's systemd: starts, restarts and stops services as their units say. Names with or without `.service`. */
export interface Services {
  /** Starts the unit, after what it requires. True: it runs (simple) or has succeeded (oneshot). */
  start(name: string): Promise<boolean>;
  stop(name: string): Promise<void>;
  enable(name: string): void;
  /** @throws when there is no such unit, as systemctl fails then */
  disable(name: string): void;
  /** Starts everything that is enabled. */
  startEnabled(): Promise<void>;
  state(name: string): ServiceState;
  /** Runs something as a unit that has no file, as cloud-init is one, so that others can wait for it. */
  during(name: string, work: () => Promise<boolean>): Promise<void>;
  /** The machine goes down: nothing is started any more. */
  halt(): void;
}

interface Service {
  state: ServiceState;
  /** Resolves when the state is no longer `activating`. */
  settled: Promise<boolean>;
  child?: ChildProcess;
  /** Somebody asked it to stop: no restart. */
  stopping?: boolean;
}

/** Milliseconds between SIGTERM and SIGKILL of a service. */
const stopLimitMs = 5000;

export function createServices({ root, environment, log }: ServiceHost): Services {
  const folder = join(root, "etc/systemd/system");
  const wanted = join(folder, "multi-user.target.wants");
  const services = new Map<string, Service>();
  let halted = false;
  const load = (name: string) => parseUnit(name, readFileSync(join(folder, name), "utf8"));
  const exists = (name: string) => existsSync(join(folder, name));

  const start = (name: string): Promise<boolean> => {
    const current = services.get(name);
    if (current?.state === "active") return Promise.resolve(true);
    if (current?.state === "activating") return current.settled;
    const service: Service = { state: "activating", settled: Promise.resolve(false) };
    services.set(name, service);
    service.settled = activate(load(name), service).then((done) => {
      if (!done) service.state = "failed";
      return done;
    });
    return service.settled;
  };

  const activate = async (unit: Unit, service: Service): Promise<boolean> => {
    const required = unit.requires.map((name) => (exists(name) ? start(name) : Promise.resolve(false)));
    for (const name of unit.wants.filter(exists)) void start(name);
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
    const own = environmentOf(unit, environment);
    const [program, ...parameters] = unit.command.map((word) => expandVariables(word, own));
    const child = spawn(program!, parameters, {
      cwd: unit.workingDirectory ?? root,
      env: own,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    service.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log(unit.name, line, unit.console);
      });
    }
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => {
        resolve(error.message);
      });
      child.once("exit", (code, signal) => {
        resolve(code === 0 ? "" : `ended with ${signal ?? `status ${code}`}`);
      });
    });
    if (unit.type === "oneshot") {
      const failure = await ended;
      if (failure !== "") log(unit.name, failure, true);
      service.state = failure !== "" ? "failed" : unit.remainAfterExit ? "active" : "inactive";
      return failure === "";
    }
    service.state = "active";
    void ended.then((failure) => afterMain(unit, service, failure));
    return true;
  };

  /** The main process of a simple service has ended. */
  const afterMain = async (unit: Unit, service: Service, failure: string) => {
    if (unit.killMode === "control-group") await endProcesses(() => processesOfUnit(root, unit.name));
    service.state = failure === "" || service.stopping ? "inactive" : "failed";
    log(unit.name, failure === "" ? "ended" : failure, unit.console);
    if (service.stopping || unit.restart === "no" || (unit.restart === "on-failure" && failure === ""))
      return;
    service.state = "activating";
    setTimeout(() => {
      if (!service.stopping && !halted) service.settled = run(unit, service);
    }, unit.restartMs);
  };

  const stop = async (name: string) => {
    const service = services.get(name);
    if (!service) return;
    service.stopping = true;
    const all = load(name).killMode === "control-group";
    const { child } = service;
    const running = () => {
      if (all) return processesOfUnit(root, name);
      return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
        ? [child.pid]
        : [];
    };
    signalProcesses(running(), "SIGTERM");
    if (!(await processesEnded(running, stopLimitMs))) await endProcesses(running);
    service.state = "inactive";
    services.delete(name);
  };

  return {
    start: (name) => start(unitName(name)),
    stop: (name) => stop(unitName(name)),
    enable(name) {
      const unit = load(unitName(name));
      if (!unit.wantedBy.includes("multi-user.target")) return;
      mkdirSync(wanted, { recursive: true });
      writeFileSync(join(wanted, unit.name), "");
    },
    disable(name) {
      const unit = unitName(name);
      if (!exists(unit)) throw new Error(`Failed to disable unit: Unit file ${unit} does not exist.`);
      rmSync(join(wanted, unit), { force: true });
    },
    startEnabled: async () => {
      const enabled = existsSync(wanted) ? readdirSync(wanted).filter(exists) : [];
      await Promise.all(enabled.map((name) => start(name)));
    },
    state: (name) => services.get(unitName(name))?.state ?? "inactive",
    halt: () => {
      halted = true;
    },
    during: async (name, work) => {
      const service: Service = { state: "activating", settled: work() };
      services.set(name, service);
      service.state = (await service.settled) ? "active" : "failed";
    },
  };
}

function unitName(name: string): string {
  return name.includes(".") ? name : `${name}.service`;
}

/** A service's environment: the machine's, the unit's variables, then its files, and the mark of the unit. */
function environmentOf(unit: Unit, machine: Record<string, string>): Record<string, string> {
  const files = unit.environmentFiles.flatMap((file) => {
    const path = file.replace(/^-/, "");
    if (path !== file && !existsSync(path)) return [];
    return parseEnvironmentFile(readFileSync(path, "utf8"));
  });
  const entries = [...unit.environment, ...files].map((entry): [string, string] => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return { ...machine, ...Object.fromEntries(entries), [unitVariable]: unit.name };
}
