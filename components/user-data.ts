import { gzipSync } from "node:zlib";
import type { MachineConfiguration } from "../contract/machine.ts";
import type { MachineAssets } from "./assets.ts";

/** EC2's limit for user data, in bytes before base64. */
export const maxUserDataBytes = 16_384;

/**
 * A machine's user data: a bash script that puts the agent, the configuration
 * and the boot script in place and runs the boot script as a service. It is a
 * pure function of plain values, so that it can be hashed into the machine's
 * fingerprint.
 */
export function renderUserData(machine: MachineConfiguration, assets: MachineAssets): string {
  return ["#!/bin/bash", JSON.stringify(machine), assets.boot, assets.agent].join("\n");
}

/**
 * Packs user data as `userDataBase64` takes it: base64 of gzip, which cloud-init unpacks by itself.
 *
 * @throws when it exceeds EC2's limit
 */
export function compressUserData(text: string): string {
  const bytes = gzipSync(text, { level: 9 });
  if (bytes.length > maxUserDataBytes) {
    throw new Error(
      `The user data takes ${bytes.length} bytes compressed; EC2 takes at most ${maxUserDataBytes}. ` +
        "Shorten bootSteps or the CA bundle, or put them into an image of your own.",
    );
  }
  return bytes.toString("base64");
}
