import * as pulumi from "@pulumi/pulumi";
import type { FleetConfiguration } from "../../config/schema.ts";
import type { LimitsSetting } from "../../contract/parameters.ts";
import { written } from "../../contract/written.ts";
import { createFleetParameter } from "../ssm/fleet-parameter.ts";
import type { OwnTags } from "../../contract/resource-tags.ts";

export interface AutoShutdownArgs {
  environment: string;
  /** The fleet's key in the configuration. */
  fleet: string;
  /** The fleet's `autoShutdown`. */
  settings: FleetConfiguration["autoShutdown"];
  ownTags: OwnTags;
}

/**
 * When a fleet's machines are off without an operator's override. The machines
 * and the controller read it from one parameter at each look, so they never use
 * different limits. It is not part of a machine's shape, so another limit
 * replaces no machine. Working hours are only for the controller, which gets
 * them with its configuration.
 */
export class AutoShutdown extends pulumi.ComponentResource {
  /** The parameter that machines and controller read. It must outlive them. */
  readonly parameter: pulumi.Resource;

  constructor(name: string, args: AutoShutdownArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:AutoShutdown", name, {}, opts);
    const { environment, fleet, settings, ownTags } = args;
    const value = JSON.stringify(shutdownSetting(settings));
    this.parameter = createFleetParameter(
      { environment, fleet, kind: "limits", value, ownTags },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

/** The idle timeout, and the limit of a job. */
export function shutdownSetting({
  idleMinutes,
  minimumAwake,
  maxJobHours,
  enforce,
}: FleetConfiguration["autoShutdown"]): LimitsSetting {
  return written<LimitsSetting>({ idleMinutes, minimumAwake, maxJobHours, enforce });
}
