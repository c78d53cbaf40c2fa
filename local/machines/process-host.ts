import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "../../contract/failure.ts";
import type { Clock } from "../clock.ts";
import { copyPrograms } from "../own-files.ts";
import { copyDisk, moveRoot } from "./disk-image.ts";
import { commandFolders, installSystem } from "./distributions.ts";
import type { HostedInstance, MachineHost, PowerDown, SystemdTimes } from "./host.ts";
import type { InitMessage } from "./init.ts";
import { machineVariable, processesBelow, processesOf } from "./marker.ts";
import type { MetadataService } from "./metadata.ts";
import { serveMetadata } from "./metadata.ts";
import { metadataRule } from "./metadata-rule.ts";
import { emptyFiles, unsyncedFiles } from "./power-cut.ts";
import { endProcesses } from "./processes.ts";
import { mountDisk, unmountBelow, unmountDisk } from "./sized-disk.ts";

export interface MachineHostOptions {
  /** Folder of the machines' disks; a machine's root is `<dir>/<instance id>/`. */
  dir: string;
  clock: Clock;
  /**
   * The environment with which machines start. They see no other variables of
   * this process; `PATH` defaults to the usual folders of a system.
   */
  environment: Record<string, string>;
  /** Default: there is no delay lock, and services wait as long as their units say. */
  systemd?: Partial<SystemdTimes>;
  /** Called when a machine gets a network, and when it loses it although its processes still run. */
  onNetwork?: (instanceId: string, isUp: boolean) => void;
  /**
   * Gives each machine a disk of this size, in the computer's memory, and lets it
   * mount more. Only where `whyNoSizedDisk` returns undefined.
   */
  diskBytes?: number;
}

interface RunningMachine {
  /** Whether its power was cut: then what was not yet written to the disk is lost. */
  isCut?: boolean;
  instance: HostedInstance;
  metadata: MetadataService;
  init: ChildProcess;
  /** Resolves when every process of the machine has ended. */
  down: Promise<void>;
}

/** A machine's mounts are its own, and end with its last process. */
const ownMounts = ["unshare", "--mount", "--propagation", "private"];

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * A machine host that runs machines as process trees of the current user: no
 * root, no Docker. They end with this process, however it ends.
 */
export function createMachineHost({
  dir,
  clock,
  environment,
  systemd,
  onNetwork,
  diskBytes,
}: MachineHostOptions): MachineHost {
  mkdirSync(dir, { recursive: true });
  const disks = realpathSync(dir);
  const programs = join(disks, ".programs");
  copyPrograms(programs, ["init", "machine-clock"]);
  const machines = new Map<string, RunningMachine>();
  let stopped = false;

  const images = join(disks, ".images");
  /** By image: the root of the disk from which it was captured. The copy contains that path. */
  const captured = new Map<string, string>();

  /** A new machine's disk comes from its image, or is empty; an existing disk stays as it is. */
  const layDisk = (root: string, imageId: string) => {
    const origin = captured.get(imageId);
    if (origin === undefined || existsSync(root)) {
      mkdirSync(root, { recursive: true });
      return;
    }
    copyDisk(join(images, imageId), root);
    moveRoot(root, origin, root);
  };

  /** Starts the machine's init. */
  const boot = (instance: HostedInstance, metadata: MetadataService) => {
    const root = join(disks, instance.id);
    layDisk(root, instance.imageId);
    if (diskBytes !== undefined) mountDisk(root, diskBytes);
    installSystem(root, instance.distribution);
    const program = [
      ...(diskBytes === undefined ? [] : ownMounts),
      process.execPath,
      join(programs, "init.cjs"),
    ];
    const init = spawn(program[0]!, program.slice(1), {
      env: {
        ...environment,
        PATH: [...commandFolders(root), environment.PATH ?? systemPath].join(":"),
        TMPDIR: join(root, "tmp"),
        LONGHAUL_ROOT: root,
        LONGHAUL_CLOCK: clock.file,
        LONGHAUL_SYSTEMD: JSON.stringify({ delayLockSeconds: 0, restartFactor: 1, ...systemd }),
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
        NODE_OPTIONS: `--require="${join(programs, "machine-clock.cjs")}"`,
        ...(diskBytes !== undefined && { LONGHAUL_MOUNTS: "yes" }),
        [machineVariable]: root,
      },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      detached: true,
    });
    let kind: PowerDown = "crash";
    init.on("message", (message: InitMessage) => {
      if ("console" in message) instance.console(message.console);
      else if ("network" in message) onNetwork?.(instance.id, message.network);
      else kind = message.down;
    });
    const exited = new Promise<void>((resolve, reject) => {
      init
        .once("exit", () => {
          resolve();
        })
        .once("error", reject);
    });
    const down = exited.then(async () => {
      await endProcesses(() => processesOf(root));
      if (machines.get(instance.id)?.isCut) emptyFiles(root, unsyncedFiles(root, clock.factor));
      machines.delete(instance.id);
      if (kind === "reboot" && !stopped) boot(instance, metadata);
      else metadata.close();
      if (!stopped) instance.onDown(kind);
    });
    machines.set(instance.id, { instance, metadata, init, down });
  };

  const kill = async (instanceId: string) => {
    const machine = machines.get(instanceId);
    machine?.init.kill("SIGKILL");
    await machine?.down;
  };

  return {
    async start(instance) {
      if (stopped) throw new Fault(`The machine host has stopped: it cannot start ${instance.id}.`);
      if (machines.has(instance.id)) throw new Fault(`${instance.id} runs already.`);
      boot(instance, await serveMetadata(instance, metadataRule(join(disks, instance.id))));
    },
    kill,
    cutPower(instanceId) {
      const machine = machines.get(instanceId);
      if (machine) machine.isCut = true;
      return kill(instanceId);
    },
    capture(instanceId, imageId) {
      const root = join(disks, instanceId);
      const unsynced = machines.has(instanceId) ? unsyncedFiles(root, clock.factor) : [];
      copyDisk(root, join(images, imageId));
      emptyFiles(join(images, imageId), unsynced);
      captured.set(imageId, root);
      return Promise.resolve();
    },
    discard(instanceId) {
      if (machines.has(instanceId)) {
        return Promise.reject(
          new Fault(`${instanceId} runs: its disk can only be discarded when the machine is down.`),
        );
      }
      unmountDisk(join(disks, instanceId));
      rmSync(join(disks, instanceId), { recursive: true, force: true });
      return Promise.resolve();
    },
    async stop() {
      stopped = true;
      await Promise.all([...machines.keys()].map(kill));
      unmountBelow(disks);
    },
  };
}

/**
 * Ends everything that an earlier local cloud left running below `dir`,
 * including its machines' init processes.
 */
export async function reapMachines(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const disks = realpathSync(dir); // The form in which the machines' own environment has the path.
  await endProcesses(() => processesBelow(disks));
  unmountBelow(disks);
}
