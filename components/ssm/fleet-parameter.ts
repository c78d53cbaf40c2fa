import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import type * as pulumi from "@pulumi/pulumi";
import { fleetParameters, knownMachinesParameter } from "../../contract/parameters.ts";
import { fleetTags } from "../../contract/resource-tags.ts";
import type { OwnTags } from "../../contract/resource-tags.ts";

/**
 * What is ignored of a parameter whose value the program only begins. The value
 * alone is not enough: AWS's provider reads it anew at each update of the tags.
 * At the next `up` it differs from what the program began with, and the provider
 * takes `value` and `version`, which it computes from it, for changed. It would
 * write the value that it read back over what the run time has written since.
 *
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ssm/parameter.go
 */
export const begunValue: string[] = ["insecureValue", "value", "version"];

export interface FleetParameterArgs {
  environment: string;
  fleet: string;
  kind: keyof ReturnType<typeof fleetParameters> | "known-machines";
  value: pulumi.Input<string>;
  /** Tags of one's own. */
  ownTags: OwnTags;
  /**
   * Whether it may be there already when it is made. What the run time writes
   * can have been made anew by a call that outlived its destroyed environment.
   */
  overwrite?: boolean;
}

/**
 * One of a fleet's parameters, tokens aside. Their values are no secrets, and
 * `insecureValue` is the property that lets a preview show how they change.
 */
export function createFleetParameter(
  args: FleetParameterArgs,
  opts: pulumi.CustomResourceOptions,
): Parameter {
  const { environment, fleet, kind, value, ownTags, overwrite } = args;
  const name = `${environment}-${fleet}-${kind}`;
  return new Parameter(
    name,
    {
      name:
        kind === "known-machines"
          ? knownMachinesParameter(environment, fleet)
          : fleetParameters(environment, fleet)[kind],
      type: "String",
      insecureValue: value,
      ...(overwrite && { overwrite }),
      tags: fleetTags(environment, fleet, name, ownTags),
    },
    opts,
  );
}
