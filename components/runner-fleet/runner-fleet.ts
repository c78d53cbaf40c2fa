import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { getParameterOutput } from "@pulumi/aws/ssm/getParameter.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import * as pulumi from "@pulumi/pulumi";
import { architectureOf, fleetOf, imageReference, tagsOfFleet } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { logGroupName } from "../../contract/names.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../../contract/override.ts";
import { formatMachineList, initialPower, softwarePath, tokenParameter } from "../../contract/parameters.ts";
import { initialKnownMachines } from "../../contract/known-machines.ts";
import { tags } from "../../contract/tags.ts";
import { adoptionOf } from "./adoption.ts";
import type { LivingMachines } from "./adoption.ts";
import { readMachineAssets } from "../assets/assets.ts";
import { AutoShutdown } from "../auto-shutdown/auto-shutdown.ts";
import { begunValue, createFleetParameter } from "../ssm/fleet-parameter.ts";
import { planFleet } from "./fleet-plan.ts";
import { createGuard } from "../commands/guard.ts";
import { createMachine } from "./machine.ts";
import { createMachineRole } from "./machine-role.ts";
import type { MachineRole } from "./machine-role.ts";
import { packSoftware, softwareScript, softwareSha256 } from "./machine-software.ts";
import type { MachinePlan } from "./machine-shape.ts";
import { ledgerDays } from "../../contract/ledger.ts";
import { fleetTags, runnerTags } from "../../contract/resource-tags.ts";
import type { MachineNetwork } from "../runner-network/runner-network.ts";
import type { MachineRegistration } from "../runner-registration/runner-registration.ts";
import { serviceLabels } from "../../config/runs-on-labels.ts";

export interface RunnerFleetArgs {
  environment: string;
  configuration: Configuration;
  /** The fleet's key in the configuration. */
  fleet: string;
  network: MachineNetwork;
  registration: MachineRegistration;
  /** What else must exist before a machine is made, and until it has left, such as the smoke test's workflow. */
  foundations?: readonly pulumi.Resource[];
  /**
   * The environment's living machines. One that has a machine's runner and
   * fingerprint goes on as that machine. Absent: a machine that is not in the
   * state is made.
   */
  living?: LivingMachines;
  /** ARN of the customer's key of new disks. Absent: AWS's own key, or the configured one. */
  diskKey?: string | undefined;
}

/** A machine of a fleet as the other components see it. */
export interface FleetMachine {
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  /** Name of the machine's resources: the runner and the fingerprint. */
  resourceName: string;
  instanceId: pulumi.Output<string>;
  /** The parameter with its registration token. */
  token: pulumi.Resource;
}

/**
 * The machines of one fleet and everything that belongs to them: role,
 * parameters, log group, registration tokens, and the guard that keeps these
 * until the machines have left. The declared machines are candidates; {@link
 * RunnerRoster} takes them into service.
 */
export class RunnerFleet extends pulumi.ComponentResource {
  /** The fleet's key in the configuration. */
  readonly fleet: string;
  /** The fleet's configured labels, which workflows ask for. */
  readonly labels: readonly string[];
  /** Every label that a machine in service has, besides its own. */
  readonly serviceLabels: readonly string[];
  /** In the order of the runners' numbers. */
  readonly machines: readonly FleetMachine[];
  /** What the run time writes for it. It must exist before anything that writes, and until after that. */
  readonly settings: readonly pulumi.Resource[];
  /** The list of these machines. A machine's listener stays off until it is on a list. */
  readonly candidates: pulumi.Resource;

  /** @throws when the configuration has no such fleet, or its user data is too large for EC2 */
  constructor(name: string, args: RunnerFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:RunnerFleet", name, {}, opts);
    const { environment, configuration, fleet, network, registration, living = new Map() } = args;
    const { foundations: others = [] } = args;
    const configured = fleetOf(configuration, fleet);
    const ownTags = tagsOfFleet(configuration, fleet);
    const assets = readMachineAssets();
    const plans = planFleet(fleet, { environment, configuration, network }, assets);

    const role = createMachineRole({ environment, fleet, configuration }, this);
    const shutdown = new AutoShutdown(
      name,
      { environment, fleet, settings: configured.autoShutdown, ownTags },
      { parent: this },
    );
    const logGroup = createLogGroup(this);
    const settings = createSettings(logGroup, this);
    const parameters = [...settings, shutdown.parameter];
    const software = createSoftware(this);
    const guard = createFleetGuard(role, [...parameters, logGroup, ...software], this);
    const machines = createMachines(role, guard, this);
    const candidates = createCandidates(this);

    this.fleet = fleet;
    this.labels = configured.labels;
    this.serviceLabels = serviceLabels(architectureOf(configured), configured.labels);
    this.machines = machines;
    this.settings = settings;
    this.candidates = candidates;
    this.registerOutputs({ machines: machines.map(({ runner, instanceId }) => ({ runner, instanceId })) });

    /**
     * Values that the run time and `longhaul` write and the program only begins: after their creation, only their tags
     * change. They overwrite an existing value, and so come after a resource that AWS allows only once: another
     * environment of this name keeps its own values.
     */
    function createSettings(madeButOnce: pulumi.Resource, parent: pulumi.Resource) {
      const initial = {
        power: JSON.stringify(initialPower),
        override: formatOverrideSetting(initialOverrideSetting),
        "known-machines": initialKnownMachines,
      };
      return (["power", "override", "known-machines"] as const).map((kind) =>
        createFleetParameter(
          { environment, fleet, kind, value: initial[kind], ownTags, overwrite: true },
          { parent, ignoreChanges: begunValue, dependsOn: [madeButOnce] },
        ),
      );
    }

    /** Values are frozen: the name contains the version, and another Node may pack the same text in another way. */
    function createSoftware(parent: pulumi.Resource) {
      const script = softwareScript(assets);
      const path = softwarePath(environment, fleet, softwareSha256(script));
      return packSoftware(script).map((piece, index) => {
        const parameterName = `${path}/${index}`;
        return new Parameter(
          parameterName.slice("/longhaul/".length).replaceAll("/", "-"),
          {
            name: parameterName,
            type: "String",
            insecureValue: piece,
            tags: fleetTags(environment, fleet, `${environment}-${fleet}-software`, ownTags),
          },
          { parent, ignoreChanges: begunValue },
        );
      });
    }

    function createLogGroup(parent: pulumi.Resource) {
      const logGroupArgs = {
        name: logGroupName(environment, fleet),
        retentionInDays: ledgerDays,
        tags: fleetTags(environment, fleet, name, ownTags),
      };
      return new LogGroup(name, logGroupArgs, { parent });
    }

    /**
     * It depends on the other guards too, so it runs before them: this guard
     * tells the machines to leave.
     */
    function createFleetGuard({ foundations }: MachineRole, own: pulumi.Resource[], parent: pulumi.Resource) {
      return createGuard(
        name,
        {
          environment,
          configuration,
          guards: { what: "fleet", fleet },
          dependsOn: [...network.foundations, ...registration.foundations, ...others, ...foundations, ...own],
        },
        parent,
      );
    }

    function createMachines(
      { instanceProfile }: MachineRole,
      standsOn: pulumi.Resource,
      parent: pulumi.Resource,
    ) {
      const ami = findImage(parent);
      return plans.map((plan) => {
        const surroundings = {
          ami,
          subnetId: network.subnets[plan.subnetIndex]!.id,
          securityGroupId: network.securityGroupId,
          instanceProfile,
          ownTags,
          diskKey: args.diskKey ?? configuration.aws.kmsKeyArn,
        };
        // The guard depends on everything that a machine needs, so this one dependency covers all.
        const { id: instanceId } = createMachine(plan, surroundings, {
          parent,
          dependsOn: [standsOn],
          ...machineToAdopt(plan, parent),
        });
        const token = createToken(plan, instanceId, parent);
        return { runner: plan.shape.runner, resourceName: plan.resourceName, instanceId, token };
      });
    }

    function machineToAdopt({ resourceName, shape }: MachinePlan, parent: pulumi.Resource) {
      const adoption = adoptionOf(resourceName, living);
      if (adoption.kind === "ambiguous") {
        const ids = adoption.instanceIds;
        void pulumi.log.warn(
          `${ids.length} machines of ${shape.runner} run with this configuration (${ids.join(", ")}), so none of them is ` +
            "adopted. The machine in the stack's state stays in service; the others leave when their jobs have ended.",
          parent,
        );
      }
      return adoption.kind === "adopt" ? { import: adoption.instanceId } : {};
    }

    function findImage(parent: pulumi.Resource): pulumi.Input<string> {
      const image = imageReference(configured);
      // `value` would be taken for a secret, and make one of the machine.
      return image.kind === "ami"
        ? image.id
        : getParameterOutput({ name: image.name }, { parent }).insecureValue;
    }

    function createCandidates(parent: pulumi.Resource) {
      const value = pulumi.all(machines.map(({ instanceId }) => instanceId)).apply(formatMachineList);
      return createFleetParameter({ environment, fleet, kind: "candidates", value, ownTags }, { parent });
    }

    /**
     * Frozen: the machine overwrites it after reading it, and each `up` has another token at hand. Another instance under
     * the same name (a refresh found the first one gone) gets a parameter of its own. Its tags do not change either:
     * `settle` deletes the parameter and writes it again, so it may be missing for a moment.
     */
    function createToken(
      { shape, resourceName }: MachinePlan,
      instanceId: pulumi.Output<string>,
      parent: pulumi.Resource,
    ) {
      const { kmsKeyArn } = configuration.aws;
      return new Parameter(
        resourceName,
        {
          name: instanceId.apply((id) => tokenParameter(environment, fleet, id)),
          type: "SecureString",
          value: registration.token,
          ...(kmsKeyArn !== undefined && { keyId: kmsKeyArn }),
          tags: { ...runnerTags(environment, fleet, shape.runner, ownTags), [tags.instance]: instanceId },
        },
        { parent, ignoreChanges: ["*"], replacementTrigger: instanceId },
      );
    }
  }
}
