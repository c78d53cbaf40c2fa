import * as z from "zod";
import { agentSchema } from "./schema/agent.ts";
import { alarmsSchema } from "./schema/alarms.ts";
import { awsSchema } from "./schema/aws.ts";
import { budgetSchema } from "./schema/budget.ts";
import { type fleetSchema, fleetsSchema } from "./schema/fleet.ts";
import { githubSchema } from "./schema/github.ts";
import { networkSchema } from "./schema/network.ts";
import { smokeTestSchema } from "./schema/smoke-test.ts";
import { tagsSchema } from "./schema/tags.ts";
import { wakeOnDemandSchema } from "./schema/wake-on-demand.ts";

/*
 * The shape of the configuration, one schema per top-level key of the stack file.
 * Descriptions, limits and examples become docs/configuration.md. Rules that need
 * more than one key are in rules.ts.
 */

/** All top-level keys of a stack's configuration, below `longhaul:`. */
export const configurationSchema = z.strictObject({
  aws: awsSchema,
  github: githubSchema,
  network: networkSchema.prefault({}),
  tags: tagsSchema.describe(
    "Tags of your own on everything that the environment makes and that can carry them ([tags](tags.md)).",
  ),
  fleets: fleetsSchema,
  smokeTest: smokeTestSchema.prefault({}),
  agent: agentSchema.prefault({}),
  alarms: alarmsSchema.prefault({}),
  budget: budgetSchema.prefault({}),
  wakeOnDemand: wakeOnDemandSchema.prefault({}),
});

/** The configuration as the schema returns it: every default filled in. */
export type Configuration = z.output<typeof configurationSchema>;
export type FleetConfiguration = z.output<typeof fleetSchema>;
export type NetworkConfiguration = z.output<typeof networkSchema>;
export type AwsConfiguration = z.output<typeof awsSchema>;
export type GithubConfiguration = z.output<typeof githubSchema>;
export type SmokeTestConfiguration = z.output<typeof smokeTestSchema>;
