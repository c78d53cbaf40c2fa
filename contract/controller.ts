import type { WorkingHours } from "./working-hours.ts";
import type { LabelledFleet } from "./job-labels.ts";
import type { PriceList } from "./prices.ts";
import type { Shape } from "./shape.ts";
import { parseShape } from "./shape.ts";

/** US dollars for each hour of a machine. */
export interface MachinePrices {
  /** While it runs. */
  machine: number;
  /** While it exists. */
  disk: number;
}

/** A fleet as the configuration describes it. */
export interface ControlledFleet {
  /** Its key in the configuration. */
  name: string;
  /** Absent: power is on at any time. */
  workingHours?: WorkingHours;
  /** Of the machines that the fleet creates now. Older machines may have another type until their jobs have ended. */
  instanceType: string;
  /** Of a machine of that type. */
  prices: MachinePrices;
}

/** How the controller asks GitHub for jobs, because webhook deliveries can be lost. */
export interface SweepConfiguration {
  /** Base URL of GitHub's REST API, without a trailing slash. */
  apiUrl: string;
  app: { id: number; installationId: number };
  /** Name of the parameter that holds the App's private key. */
  keyParameter: string;
  /** The organisation, or the repository's owner. */
  owner: string;
  /** Names of the repositories with jobs that count, without the owner. */
  repositories: readonly string[];
}

/** The controller's configuration, written at each deployment to a file beside its code: plain values, no secrets. */
export interface ControllerConfiguration {
  environment: string;
  aws: {
    region: string;
    /** Base URLs without a trailing slash. */
    endpoints: { ec2: string; ssm: string; dynamodb: string; budgets: string };
  };
  fleets: readonly ControlledFleet[];
  /** US dollars for each hour of a public address. */
  addressPrice: number;
  /** AWS's prices in the region. They price disks, and machines of another type than their fleet's. */
  priceList: PriceList;
  /** Absent: queued jobs start no machines. */
  demand?: {
    /** Name of the table of waiting jobs. */
    table: string;
    /** In the order of the configuration: a job counts for the first fleet that has all of its labels. */
    fleets: readonly LabelledFleet[];
    /** The fleet that jobs without labels count for. */
    emptyLabels?: string;
    /** Absent: GitHub is not asked, so a job stays unknown if its delivery was lost. */
    sweep?: SweepConfiguration;
  };
  /** Absent: no limit turns power off. */
  budget?: {
    /** US dollars for a month in UTC. */
    monthlyUsd: number;
    /** AWS's budget of this environment. Absent: only the meter enforces the limit. */
    awsBudget?: { account: string; name: string };
  };
}

const labelled: Shape<LabelledFleet> = { name: "text", labels: ["text"] };

const shape: Shape<ControllerConfiguration> = {
  environment: "text",
  aws: { region: "text", endpoints: { ec2: "text", ssm: "text", dynamodb: "text", budgets: "text" } },
  fleets: [
    {
      name: "text",
      "workingHours?": { wake: "text", sleep: "text", zone: "text", holidays: ["text"] },
      instanceType: "text",
      prices: { machine: "number", disk: "number" },
    },
  ],
  addressPrice: "number",
  priceList: { machines: { "*": "number" }, disks: ["number", "number", "number"] },
  "demand?": {
    table: "text",
    fleets: [labelled],
    "emptyLabels?": "text",
    "sweep?": {
      apiUrl: "text",
      app: { id: "number", installationId: "number" },
      keyParameter: "text",
      owner: "text",
      repositories: ["text"],
    },
  },
  "budget?": { monthlyUsd: "number", "awsBudget?": { account: "text", name: "text" } },
};

/**
 * Reads what the stack wrote as JSON. A controller with half of its
 * configuration could count too little money or overlook a fleet, so it does
 * nothing.
 *
 * @throws naming each value that is missing or of another kind
 */
export function parseControllerConfiguration(text: string): ControllerConfiguration {
  return parseShape<ControllerConfiguration>(text, shape, {
    subject: "The controller's configuration",
    remedy: "Its code and its configuration are of different versions: `pulumi up` writes both.",
  });
}
