import type { SettleRequest, Target } from "../../contract/requests.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { ServiceError } from "../clients/service-error.ts";
import { checkNames } from "../fleet/select-runners.ts";
import type { FleetReport } from "./fleet-report.ts";
import { fleetsOf } from "./inventory.ts";
import type { Inventory } from "./inventory.ts";
import { settleFleet } from "./settle-fleet.ts";
import type { FleetOrder, SettleCollaborators } from "./settle-fleet.ts";

/** What settle did to an environment, and what it found. */
export interface SettleReport {
  fleets: FleetReport[];
  /** Sentences for information, which need no action. */
  notes: string[];
  /** As in {@link FleetReport}, for what belongs to no single fleet. */
  unsettled: string[];
  failed: string[];
}

/** Settles the one fleet that a request is about. */
export async function settleRequested(
  collaborators: SettleCollaborators,
  request: SettleRequest,
): Promise<SettleReport> {
  const { target, fleet } = request;
  const look = await lookAt(collaborators, target.environment, fleet);
  return settleAll(collaborators, [request], look);
}

/**
 * Settles a whole environment: every fleet in the configuration, in a tag or in the name of an entry.
 *
 * @param requests what the configuration asks for, by fleet
 * @param unconfigured settings for fleets that are no longer in the configuration
 * @param only settle this fleet alone
 * @throws BadUsage when there is no such fleet; ServiceError when EC2 does not answer
 */
export async function settleEnvironment(
  collaborators: SettleCollaborators,
  target: Target,
  requests: readonly SettleRequest[],
  unconfigured: Pick<SettleRequest, "ownTags" | "kmsKeyArn">,
  only?: string,
): Promise<SettleReport> {
  const { environment } = target;
  const look = await lookAt(collaborators, environment, only);
  const configured = requests.map(({ fleet }) => fleet);
  const fleets = fleetsOf(environment, configured, look.inventory);
  checkNames("fleet", only === undefined ? [] : [only], fleets);
  const orders = fleets
    .filter((fleet) => only === undefined || fleet === only)
    .map(
      (fleet): FleetOrder =>
        requests.find((request) => request.fleet === fleet) ?? { target, fleet, ...unconfigured },
    );
  return settleAll(collaborators, orders, look);
}

interface Look {
  inventory: Inventory;
  unsettled: string[];
  failed: string[];
}

async function settleAll(
  collaborators: SettleCollaborators,
  orders: readonly FleetOrder[],
  { inventory, unsettled, failed }: Look,
): Promise<SettleReport> {
  // If GitHub did not list its runners, asking again for each machine would only take time.
  const github = inventory.entries ? collaborators.github : undefined;
  const fleets: FleetReport[] = [];
  for (const order of orders) fleets.push(await settleFleet({ ...collaborators, github }, order, inventory));
  return { fleets, notes: [], unsettled, failed };
}

/** @throws ServiceError when EC2 does not answer */
async function lookAt(
  { aws, github }: SettleCollaborators,
  environment: string,
  fleet: string | undefined,
): Promise<Look> {
  const look: Look = { inventory: { instances: [], entries: undefined }, unsettled: [], failed: [] };
  const instances = await aws.instances.describe({
    tags: {
      [tags.project]: projectTag,
      [tags.environment]: environment,
      ...(fleet !== undefined && { [tags.fleet]: fleet }),
    },
  });
  look.unsettled.push(...instances.filter((instance) => !instance.tags[tags.fleet]).map(withoutFleet));
  if (!github) look.unsettled.push(noGithub);
  const entries = await github?.runners.list().catch((error: unknown) => {
    if (!(error instanceof ServiceError)) throw error;
    look.failed.push(`${error.message} Labels, tokens and entries were left as they were.`);
    return undefined;
  });
  return { ...look, inventory: { instances, entries } };

  function withoutFleet({ id, state }: { id: string; state: string }): string {
    return `${id} (${state}) is tagged as a machine of ${environment}, but has no fleet. Correct its tag ${tags.fleet}.`;
  }
}

const noGithub =
  "There are no GitHub credentials in the environment (GITHUB_TOKEN, GH_TOKEN, or an App's): " +
  "labels, registration tokens and entries at GitHub were left as they were.";
