import * as pulumi from "@pulumi/pulumi";
import type { FleetConfiguration } from "../config/schema.ts";
import type { ControlledFleet } from "../contract/controller.ts";
import type { ShutdownSetting } from "../contract/parameters.ts";
import { createFleetParameter } from "./fleet-parameter.ts";

export interface AutoShutdownArgs {
  environment: string;
  /** The fleet's key in the configuration. */
  fleet: string;
  /** The fleet's `autoShutdown`. */
  settings: FleetConfiguration["autoShutdown"];
}

/**
 * When a fleet's machines are off although nobody has put them to sleep. Half
 * of it is for the machines, which sleep by themselves for want of jobs: the
 * parameter that they read at each look, and which is no part of their shape,
 * so that another limit makes no machine anew. The other half is for the
 * controller: {@link powerRules}.
 */
export class AutoShutdown extends pulumi.ComponentResource {
  /** What the machines read. It must outlive them. */
  readonly parameter: pulumi.Resource;

  constructor(name: string, args: AutoShutdownArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:AutoShutdown", name, {}, opts);
    const { environment, fleet, settings } = args;
    this.parameter = createFleetParameter(
      { environment, fleet, kind: "shutdown", value: JSON.stringify(shutdownSetting(settings)) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** What a machine decides by: how long without a job, and how long with one. */
export function shutdownSetting({
  idleMinutes,
  minimumAwake,
  maxJobHours,
  enforce,
}: FleetConfiguration["autoShutdown"]): ShutdownSetting {
  return { ...(idleMinutes !== undefined && { idleMinutes }), minimumAwake, maxJobHours, enforce };
}

/** What the controller decides by, at the beginning of each minute: working hours, and how many are to be awake. */
export function powerRules({
  hours,
  minimumAwake,
}: FleetConfiguration["autoShutdown"]): Pick<ControlledFleet, "hours" | "minimumAwake"> {
  return { ...(hours && { hours }), minimumAwake };
}
