import { statSync } from "node:fs";
import type { MachinePaths } from "./paths.ts";

/**
 * True if the listener can start with the registration on the disk, by the files
 * that config.sh has left. After a power cut they may exist and be empty; then it
 * cannot. Nor can it if only the migrated settings are left.
 *
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ConfigurationStore.cs
 */
export function isRegistered({
  registration,
  credentials,
}: Pick<MachinePaths, "registration" | "credentials">): boolean {
  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size;
  return (size(registration) ?? 0) > 0 && credentials.every((path) => size(path) !== 0);
}
