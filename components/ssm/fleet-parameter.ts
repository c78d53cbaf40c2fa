import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import type * as pulumi from "@pulumi/pulumi";
import { fleetParameters, knownMachinesParameter } from "../../contract/parameters.ts";
import { fleetTags } from "../../contract/resource-tags.ts";
import type { OwnTags } from "../../contract/resource-tags.ts";

/**
 * Properties that are ignored of a parameter whose value the program only begins.
 * The value alone is not enough: AWS's provider reads it again at each update of
 * the tags. At the next `up` it differs from the first value, and the provider
 * considers `value` and `version`, which it computes from it, changed. It would
 * then overwrite what the run time has written since with the value that it read.
 *
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ssm/parameter.go
 */
export const begunValue: string[] = ["insecureValue", "value", "version"];

export interface FleetParameterArgs {
  environment: string;
  fleet: string;
  kind: keyof ReturnType<typeof fleetParameters> | "known-machines";
  value: pulumi.Input<string>;
  /** Configured tags. */
  ownTags: OwnTags;
  /**
   * Whether it may exist already. A call that outlived its destroyed environment
   * can have created what the run time writes again.
   */
  overwrite?: boolean;
}

/**
 * One of a fleet's parameters, except tokens. Their values are not secret, and
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
