import { readFileSync } from "node:fs";
import { Failure } from "../../contract/failure.ts";
import { unlessAbsent } from "./absent.ts";

/**
 * Refuses to work on the disk of another instance: an image of a used machine
 * brings its registration and its marks along, and with them this one would
 * take the other's jobs, or find itself on no list and end itself.
 *
 * @param ownerFile holds the id of the instance that the disk was made for; absent or empty: nobody says
 * @throws Error when it is another than this instance
 */
export function refuseForeignDisk(ownerFile: string, instanceId: string): void {
  const owner = unlessAbsent(() => readFileSync(ownerFile, "utf8"))?.trim();
  if (!owner || owner === instanceId) return;
  throw new Failure(
    `This disk was ${owner}'s, and this is ${instanceId}: the agent does nothing before the instance's own user data ` +
      "has taken away what is the other machine's. See docs/images.md.",
  );
}
