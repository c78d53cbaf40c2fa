import type { ControllerConfiguration } from "../../../../contract/controller.ts";
import { initialOverrideSetting } from "../../../../contract/override.ts";
import { initialPower } from "../../../../contract/parameters.ts";
import type { FleetSettings } from "../../../../contract/desired.ts";
import type { ControlledMachine } from "../../../../runtime/functions/controller/machine.ts";

/* One fleet of two machines, as the controller's decisions see it. */

export const hour = 60 * 60_000;
export const day = 24 * hour;

/** A Thursday, within working hours. */
export const noon = Date.parse("2026-11-26T12:00:00Z");

export const workingHours = {
  wake: "Mon-Fri 07:30",
  sleep: "Mon-Fri 19:00",
  zone: "UTC",
  holidays: [],
};

export const fleet = { name: "cloud", instanceType: "m5.xlarge", prices: { machine: 1, disk: 0.1 } };

export const configuration: ControllerConfiguration = {
  environment: "dev",
  aws: {
    region: "eu-central-1",
    endpoints: {
      ec2: "https://ec2",
      ssm: "https://ssm",
      dynamodb: "https://dynamodb",
      budgets: "https://budgets.amazonaws.com",
    },
  },
  fleets: [fleet],
  addressPrice: 0.005,
  priceList: { machines: { m5: 0.23 }, disks: [0.0952, 0.006, 0.048] },
};

/** Both are in service, power is on, and an idle one sleeps after half an hour. */
export const settings: FleetSettings = {
  candidates: ["i-1", "i-2"],
  roster: ["i-1", "i-2"],
  power: initialPower,
  override: initialOverrideSetting,
  limits: { idleMinutes: 30, minimumAwake: 0 },
};

/** Asleep since some moment of the last day, without a report. */
export const machine: ControlledMachine = {
  id: "i-1",
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceType: "m5.xlarge",
  state: "stopped",
  availabilityZone: "a",
  createdAt: noon - 30 * day,
  launchedAt: noon - day,
  hasPublicAddress: false,
};
