import { architectureOf, fleetOf, tagsOfFleet } from "./derive.ts";
import type { Configuration } from "./schema.ts";
import type { SettleRequest } from "../contract/requests.ts";
import { written } from "../contract/written.ts";
import type { Whole } from "../contract/written.ts";
import { serviceLabels } from "./runs-on-labels.ts";
import { targetOf } from "./target.ts";

/**
 * The state that `longhaul settle` brings a fleet to. The stack's Command and an
 * operator's call request the same.
 *
 * @throws if the configuration has no such fleet
 */
export function settleRequestOf(
  environment: string,
  configuration: Configuration,
  fleet: string,
): Whole<SettleRequest> {
  const settings = fleetOf(configuration, fleet);
  return written<SettleRequest>({
    target: targetOf(environment, configuration),
    fleet,
    labels: serviceLabels(architectureOf(settings), settings.labels),
    ownTags: tagsOfFleet(configuration, fleet),
    kmsKeyArn: configuration.aws.kmsKeyArn,
  });
}
