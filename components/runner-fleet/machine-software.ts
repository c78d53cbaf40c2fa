import { createHash } from "node:crypto";
import { brotliCompressSync } from "node:zlib";
import { Fault } from "../../contract/failure.ts";
import { namesPerCall, parameterLength } from "../../contract/aws-limits.ts";
import type { MachineAssets } from "../assets/assets.ts";
import { bare, file } from "./shell-text.ts";

/**
 * What a machine runs once it has Node, as commands that put it in place. It is
 * too long for the user data. Parameters that only the fleet's machines can read
 * are as available to a machine as its registration token, and cost nothing.
 */
export function softwareScript({ hooks, agent }: Pick<MachineAssets, "hooks" | "agent">): string {
  return `${file("opt/longhaul/job-hooks.sh", bare(hooks))}\n${file("opt/longhaul/agent.mjs", agent)}\n`;
}

/** The name of the script in the user data: hexadecimal SHA-256 of its text. */
export function softwareSha256(script: string): string {
  return createHash("sha256").update(script).digest("hex");
}

/** By script: all fleets have the same one, and packing it takes a tenth of a second. */
const packed = new Map<string, readonly string[]>();

/**
 * The script as Brotli in base64, cut into values for parameters.
 *
 * @throws if it takes more of them than a machine can read in one call
 */
export function packSoftware(script: string): readonly string[] {
  const known = packed.get(script);
  if (known) return known;
  const base64 = brotliCompressSync(script).toString("base64");
  const pieces = base64.match(new RegExp(`.{1,${parameterLength}}`, "g")) ?? [];
  if (pieces.length > namesPerCall) {
    throw new Fault(
      `The machines' software takes ${pieces.length} parameters, and a machine reads at most ${namesPerCall} in one call.`,
    );
  }
  packed.set(script, pieces);
  return pieces;
}
