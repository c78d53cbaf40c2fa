import { loadConfiguration } from "../../config/load.ts";
import type { Configuration } from "../../config/schema.ts";

/** The region of the documents' examples. */
export const exampleRegion = "eu-central-1";

/** The working hours of the documents' examples. They are in UTC, as the meter's days are. */
export const exampleHours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "UTC" } as const;

/** An environment with one fleet that is woken on demand. Everything else has its default. */
export function exampleConfiguration(runners: number, autoShutdown: object = {}): Configuration {
  return loadConfiguration("example", {
    aws: { account: "123456789012", region: exampleRegion },
    github: { repository: "acme/app" },
    fleets: { cloud: { runners, autoShutdown } },
    wakeOnDemand: { enabled: true },
  });
}
