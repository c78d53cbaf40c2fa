import type { Issue } from "./issues.ts";
import type { Configuration } from "./schema.ts";

/**
 * Settings that are valid and probably not intended: `pulumi up` reports them and
 * goes on. Each message is a sentence without its subject, as those of the rules
 * are.
 */
export function warningsOf(configuration: Configuration): Issue[] {
  return [...sleepsForEver(configuration), ...imageBringsItsKey(configuration)];
}

/**
 * A disk from an encrypted snapshot has the snapshot's key unless another one is
 * named, and the controller has no permission for a key that it does not know.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html
 */
function imageBringsItsKey({ aws, fleets }: Configuration): Issue[] {
  if (aws.kmsKeyArn !== undefined) return [];
  return Object.entries(fleets).flatMap(([name, { image }]) => {
    const { ami, parameter } = image;
    if (ami === undefined && (parameter === undefined || parameter.startsWith(publicParameters))) return [];
    const message =
      `names ${ami ?? parameter!}, and aws.kmsKeyArn is not set. If the image's snapshot is under a KMS key of yours, the disks are ` +
      "under that key too, and the controller, which is not allowed to use it, can start no machine again. Set aws.kmsKeyArn then.";
    return [{ path: ["fleets", name, "image", ami === undefined ? "parameter" : "ami"], message }];
  });
}

/** Where AWS and Canonical publish their images, which are not encrypted. */
const publicParameters = "/aws/service/";

/** An idle timeout puts machines to sleep, so something else must start them again. */
function sleepsForEver({ fleets, wakeOnDemand }: Configuration): Issue[] {
  if (wakeOnDemand.enabled) return [];
  return Object.entries(fleets).flatMap(([name, { runners, autoShutdown }]) => {
    const { idleMinutes, minimumAwake, workingHours } = autoShutdown;
    if (idleMinutes === undefined || workingHours || minimumAwake >= runners) return [];
    const which =
      minimumAwake === 0 ? "its machines" : `${runners - minimumAwake} of its ${runners} machines`;
    const message =
      `puts ${which} to sleep after ${idleMinutes} minutes without a job, and nothing starts them again for one: ` +
      "wakeOnDemand is off, and there are no workingHours" +
      (minimumAwake === 0 ? " and no minimumAwake" : "") +
      ". Turn wakeOnDemand on, set workingHours, raise minimumAwake, or remove idleMinutes. `longhaul wake` starts them by hand.";
    return [{ path: ["fleets", name, "autoShutdown", "idleMinutes"], message }];
  });
}
