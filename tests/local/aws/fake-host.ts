import type { HostedInstance, MachineHost, PowerDown } from "../../../local/machines/host.ts";

/** A host with machines that are up at once and do nothing until a test takes them down. */
export interface FakeHost extends MachineHost {
  /** Machines that are up, as the host received them. */
  machines: Map<string, HostedInstance>;
  /** Ids of machines with a deleted disk. */
  discarded: string[];
  /** Disks that were copied: `<instance id> as <image id>`. */
  captured: string[];
  /** Takes a machine down from inside: by `shutdown`, `reboot`, or a crash. */
  goDown(instanceId: string, kind: PowerDown): void;
}

export function createFakeHost(): FakeHost {
  const machines = new Map<string, HostedInstance>();
  const discarded: string[] = [];
  const captured: string[] = [];
  const goDown = (instanceId: string, kind: PowerDown) => {
    const machine = machines.get(instanceId);
    if (!machine) throw new Error(`${instanceId} is not up`);
    if (kind !== "reboot") machines.delete(instanceId);
    machine.onDown(kind);
  };
  return {
    machines,
    discarded,
    captured,
    goDown,
    start: (instance) => {
      machines.set(instance.id, instance);
      instance.console(`booted ${instance.id}`);
      return Promise.resolve();
    },
    kill: (instanceId) => {
      goDown(instanceId, "crash");
      return Promise.resolve();
    },
    cutPower: (instanceId) => {
      goDown(instanceId, "crash");
      return Promise.resolve();
    },
    capture: (instanceId, imageId) => {
      captured.push(`${instanceId} as ${imageId}`);
      return Promise.resolve();
    },
    discard: (instanceId) => {
      discarded.push(instanceId);
      return Promise.resolve();
    },
    stop: () => {
      for (const id of [...machines.keys()]) goDown(id, "crash");
      return Promise.resolve();
    },
  };
}
