import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Clock } from "../../../local/clock.ts";
import { createClock } from "../../../local/clock.ts";
import type {
  HostedInstance,
  MachineHost,
  MachineHostOptions,
  PowerDown,
  SystemdTimes,
} from "../../../local/machines/index.ts";
import { createMachineHost } from "../../../local/machines/index.ts";
import { patienceMs } from "../../patience.ts";

/** Waits for a condition. */
export async function until<T>(what: string, probe: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    await delay(5);
  }
  throw new Error(`Waited ${patienceMs} ms, and this did not happen: ${what}`);
}

/** An instance as EC2 would describe it, with its console lines and the ways in which it went down. */
export interface Observed extends HostedInstance {
  lines: string[];
  downs: PowerDown[];
}

export function instanceOf(id: string, script: string, changes: Partial<HostedInstance> = {}): Observed {
  const lines: string[] = [];
  const downs: PowerDown[] = [];
  return {
    id,
    userData: gzipSync(`#!/bin/bash\n${script}`),
    imageId: "ami-0123",
    distribution: "ubuntu",
    instanceType: "m5.xlarge",
    architecture: "x86_64",
    region: "eu-central-1",
    availabilityZone: "eu-central-1a",
    account: "123456789012",
    privateIp: "10.42.0.7",
    tags: () => ({ "longhaul:runner": "local-cloud-1" }),
    credentials: () => undefined,
    console: (line) => lines.push(line),
    onDown: (kind) => downs.push(kind),
    lines,
    downs,
    ...changes,
  };
}

export interface Site {
  dir: string;
  clock: Clock;
  host: MachineHost;
  /** The machines that got a network or lost it, in order. */
  networks: [instanceId: string, isUp: boolean][];
  /** The path of a file of a machine. */
  file(id: string, path: string): string;
  close(): Promise<void>;
}

export function openSite(
  factor = 1,
  systemd: Partial<SystemdTimes> = {},
  disk: Pick<MachineHostOptions, "diskBytes"> = {},
): Site {
  const dir = mkdtempSync(join(tmpdir(), "longhaul-machines-"));
  const clock = createClock(join(dir, "clock"), factor);
  const networks: Site["networks"] = [];
  const host = createMachineHost({
    ...{ dir, clock, systemd, ...disk },
    environment: { PLAIN: "value" },
    onNetwork: (id, isUp) => networks.push([id, isUp]),
  });
  return {
    dir,
    clock,
    host,
    networks,
    file: (id, path) => join(dir, id, path),
    close: async () => {
      await host.stop();
      rmSync(dir, { recursive: true });
    },
  };
}
