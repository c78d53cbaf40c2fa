import type { Path } from "../issues.ts";
import type { FleetConfiguration } from "../schema.ts";

/** What a fleet's rules see. */
export interface FleetRuleInput {
  environment: string;
  name: string;
  fleet: FleetConfiguration;
  /** `fleets.<name>` */
  path: Path;
}
