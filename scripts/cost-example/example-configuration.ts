import { loadConfiguration } from "../../config/load.ts";
import type { Configuration } from "../../config/schema.ts";

/** Where the documents' examples are reckoned. */
export const exampleRegion = "eu-central-1";

/** What the documents' examples mean by working hours: in UTC, as the meter's days are. */
export const exampleHours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "UTC" } as const;

/** An environment of one fleet that is woken on demand, all else by default. */
export function exampleConfiguration(runners: number, autoShutdown: object = {}): Configuration {
  return loadConfiguration("example", {
    aws: { account: "123456789012", region: exampleRegion },
    github: { repository: "acme/app" },
    fleets: { cloud: { runners, autoShutdown } },
    wakeOnDemand: { enabled: true },
  });
}
