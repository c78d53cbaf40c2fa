import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import type * as pulumi from "@pulumi/pulumi";
import { fleetParameters, seenParameter } from "../contract/parameters.ts";
import { fleetTags } from "./resource-tags.ts";

export interface FleetParameterArgs {
  environment: string;
  fleet: string;
  kind: keyof ReturnType<typeof fleetParameters> | "seen";
  value: pulumi.Input<string>;
}

/**
 * One of a fleet's parameters, tokens aside. Their values are no secrets, and
 * `insecureValue` is the property that lets a preview show how they change.
 */
export function createFleetParameter(
  args: FleetParameterArgs,
  opts: pulumi.CustomResourceOptions,
): Parameter {
  const { environment, fleet, kind, value } = args;
  const name = `${environment}-${fleet}-${kind}`;
  return new Parameter(
    name,
    {
      name: kind === "seen" ? seenParameter(environment, fleet) : fleetParameters(environment, fleet)[kind],
      type: "String",
      insecureValue: value,
      tags: fleetTags(environment, fleet, name),
    },
    opts,
  );
}
