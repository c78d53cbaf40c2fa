import { readFileSync } from "node:fs";
import { Failure } from "../../contract/failure.ts";
import { unlessAbsent } from "./absent.ts";

/**
 * Refuses to work on the disk of another instance. An image of a used machine
 * brings that machine's registration and marks. With them this machine would take
 * the other's jobs, or find itself on neither list and terminate itself.
 *
 * @param ownerFile holds the id of the instance that the disk was made for; absent or empty: not known
 * @throws Error if it is not this instance
 */
export function refuseForeignDisk(ownerFile: string, instanceId: string): void {
  const owner = unlessAbsent(() => readFileSync(ownerFile, "utf8"))?.trim();
  if (!owner || owner === instanceId) return;
  throw new Failure(
    `This disk comes from ${owner}, and this machine is ${instanceId}: the agent does nothing until the user data ` +
      "has removed the other machine's registration and marks. See docs/images.md.",
  );
}
