import type { SettleRequest } from "../../contract/requests.ts";
import type { KnownMachines } from "../../contract/known-machines.ts";
import type { FleetSettings } from "../../contract/desired.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import { ServiceError } from "../clients/service-error.ts";
import type { Clock } from "../clock.ts";
import { keepKnownMachines } from "../entries/known-machines.ts";
import { readFleetSettings } from "../fleet/fleet-settings.ts";
import { leavingLabel } from "../fleet/labels.ts";
import { removeSpentTokens } from "../fleet/remove-spent-tokens.ts";
import { wasInService } from "../fleet/was-in-service.ts";
import type { Output } from "../terminal/output.ts";
import { endSleepers } from "./end-sleepers.ts";
import { explainAsleep } from "./explain-asleep.ts";
import { explainMachine } from "./explain-machine.ts";
import { judgeFleet, listsAreReadable } from "./judge-fleet.ts";
import type { SettleVerdict } from "./judge-machine.ts";
import { emptyReport, tell } from "./fleet-report.ts";
import type { FleetReport } from "./fleet-report.ts";
import { fleetInventory } from "./inventory.ts";
import type { Inventory } from "./inventory.ts";
import { giveTokens } from "./give-tokens.ts";
import { settleEntries } from "./settle-entries.ts";
import { settleLabels } from "./settle-labels.ts";
import { settleTags } from "./settle-tags.ts";
import { tellUnreadable } from "./tell-unreadable.ts";

export interface SettleCollaborators {
  aws: Aws;
  /** Absent: there are no credentials, or GitHub does not answer. Then only the steps that need no GitHub are done. */
  github: Github | undefined;
  clock: Clock;
  output: Output;
}

/** A fleet to settle. A fleet without `labels` is not in the configuration; its machines keep their labels and tags. */
export type FleetOrder = Pick<SettleRequest, "target" | "fleet" | "ownTags" | "kmsKeyArn"> &
  Partial<Pick<SettleRequest, "labels">>;

/**
 * Reconciles one fleet, in this order. The known machines are written first, so
 * that no later failure can lose them. Used tokens are removed. Then come labels
 * and tokens, because jobs wait for them; then the labels of machines that
 * should leave, and tags. Machines that are stopped and on neither list are
 * terminated, because they cost money. Entries at GitHub are last, because a
 * machine that has just been terminated leaves one behind.
 *
 * A failing service ends its own step and no other. Each step starts from the
 * present state, so the next run continues where this one stopped.
 */
export async function settleFleet(
  collaborators: SettleCollaborators,
  order: FleetOrder,
  inventory: Inventory,
): Promise<FleetReport> {
  const { aws, github, clock } = collaborators;
  const { target, fleet, labels, ownTags } = order;
  const { environment } = target;
  const place = { environment, fleet };
  const report = emptyReport(fleet);
  const own = fleetInventory(inventory, environment, fleet);

  const settings = await step(() => readFleetSettings(aws.parameters, environment, fleet));
  const knownMachines = await step(() =>
    keepKnownMachines(aws.parameters, place, { ...own, now: clock.now() }),
  );
  const judged = settings && (await step(() => judgeFleet(collaborators, place, settings, own)));
  if (!settings || !judged) return report;
  const machinesThat = (...verdicts: SettleVerdict[]) =>
    judged.filter(({ verdict }) => verdicts.includes(verdict)).map(({ machine }) => machine);

  const isOnRoster = ({ instanceId }: ObservedMachine) => settings.roster?.includes(instanceId) === true;

  // Before the labels: they bring jobs to a machine that has registered again, and no token may remain by then.
  await step(removeTokens);
  if (github) {
    // A candidate gets its labels from `longhaul await`, once it is proven.
    const inService = machinesThat("in-service", "needs-token").filter(isOnRoster);
    if (labels) await step(() => settleLabels({ ...collaborators, github }, inService, labels, report));
    await step(() => giveTokens({ ...collaborators, github }, machinesThat("needs-token"), order, report));
    // As long as jobs are queued for its labels, GitHub assigns a machine the next job as soon as one ends. Without
    // the fleet's labels it stops doing so once it has refreshed the runner's token, which contains the labels too.
    const outOfService = machinesThat("working", "leaving", "overdue", "silent").filter(
      ({ instanceState }) => instanceState === "running",
    );
    const served = outOfService.filter(({ entry }) => wasInService(entry));
    const unproven = outOfService.filter(({ entry }) => !wasInService(entry));
    await step(() => settleLabels({ ...collaborators, github }, served, [leavingLabel], report));
    await step(() => settleLabels({ ...collaborators, github }, unproven, [], report));
  }
  if (labels) await step(() => settleTags(collaborators, place, own.instances, ownTags, report));
  await step(() => endSleepers(collaborators, environment, machinesThat("asleep"), report));
  for (const { machine, verdict } of judged) {
    tell(report, explainMachine(machine, verdict, target.github.url));
  }
  report.notes.push(...explainAsleep(machinesThat("in-service", "candidate"), settings, clock.now()));
  // Without the known machines, every missing machine would look as if it had never been seen.
  if (knownMachines) await step(() => lookAfterEntries(settings, knownMachines));
  return report;

  async function removeTokens(): Promise<void> {
    const holders = machinesThat("in-service", "candidate", "unregistered").map((machine) => ({
      runner: machine.runner,
      instanceId: machine.instanceId,
      isOnline: machine.entry?.online === true,
      // An `up` that is running now may not have created a candidate's parameter yet.
      hasParameter: isOnRoster(machine),
    }));
    report.spentTokens = await removeSpentTokens(collaborators, { ...order, environment }, holders);
  }

  async function lookAfterEntries(known: FleetSettings, remembered: KnownMachines): Promise<void> {
    if (!listsAreReadable(known, clock.now())) {
      const unreadable = { ...place, knownMachines: remembered, isConfigured: labels !== undefined };
      await tellUnreadable(collaborators, unreadable, machinesThat("undecided"), own, report);
    } else if (github) {
      const listed = machinesThat("undescribed").map(({ instanceId }) => instanceId);
      await settleEntries({ ...collaborators, github }, place, { knownMachines: remembered, listed }, report);
    }
  }

  /** @returns undefined when a service failed; the failure is then in the report */
  async function step<Done>(act: () => Promise<Done>): Promise<Done | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      report.failed.push(`${environment}-${fleet}: ${error.message}`);
      return undefined;
    }
  }
}
