import type { Path } from "../issues.ts";
import type { FleetConfiguration } from "../schema.ts";

/** The input of a fleet's rules. */
export interface FleetRuleInput {
  environment: string;
  name: string;
  fleet: FleetConfiguration;
  /** `fleets.<name>` */
  path: Path;
}
