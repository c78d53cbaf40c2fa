import { homedir } from "node:os";
import { join } from "node:path";
import type { EngineTools } from "../local/engine/find-engine.ts";
import { findEngine } from "../local/engine/find-engine.ts";

/**
 * Finding the engine takes milliseconds. Downloading or building it, on a
 * computer that never had it, takes minutes.
 */
export const toolsLimitMs = 25 * 60_000;

/** The engine and act, as `npm run local` finds them. */
export function findTools(): Promise<EngineTools> {
  return findEngine({
    searchPath: process.env.PATH ?? "",
    cacheDir: join(homedir(), ".cache", "longhaul"),
    log: (line) => {
      console.error(`      ${line}`);
    },
  });
}
