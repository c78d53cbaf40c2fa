import { statSync } from "node:fs";
import type { MachinePaths } from "./paths.ts";

/**
 * Whether the runner is registered, by the files that config.sh has left. A cut
 * of the power can leave them there and empty: then it is not.
 */
export function isRegistered({
  registration,
  credentials,
}: Pick<MachinePaths, "registration" | "credentials">): boolean {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size;
  return (size(registration) ?? 0) > 0 && credentials.every((path) => size(path) !== 0);
}
