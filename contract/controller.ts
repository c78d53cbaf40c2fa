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

/** What the controller knows of a fleet before it has looked at anything. */
export interface ControlledFleet {
  /** Its key in the configuration. */
  name: string;
  /** Absent: power is on at any time. */
  workingHours?: WorkingHours;
  /** Of the machines that the fleet makes now: older ones may be of another until their jobs have ended. */
  instanceType: string;
  /** Of such a machine. */
  prices: MachinePrices;
}

/** Whom the controller asks for jobs that no webhook told of. */
export interface SweepConfiguration {
  /** Base URL of GitHub's REST API, without a trailing slash. */
  apiUrl: string;
  app: { id: number; installationId: number };
  /** Name of the parameter that holds the App's private key. */
  keyParameter: string;
  /** The organisation, or the repository's owner. */
  owner: string;
  /** Names of the repositories whose jobs count, without the owner. */
  repositories: readonly string[];
}

/** What the controller is told at each deployment: plain values in a file beside its code, and no secret among them. */
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
  /** What AWS asks for in the region: prices machines of another type than their fleet's, and disks by their size. */
  priceList: PriceList;
  /** Absent: no machine is woken for a job that waits. */
  demand?: {
    /** Name of the table of waiting jobs. */
    table: string;
    /** In the order of the configuration: a job counts for the first that has all of its labels. */
    fleets: readonly LabelledFleet[];
    /** The fleet that jobs without labels count for. */
    emptyLabels?: string;
    /** Absent: GitHub is not asked, and of a job that its webhook did not tell of nobody knows. */
    sweep?: SweepConfiguration;
  };
  /** Absent: nothing is turned off for money. */
  budget?: {
    /** US dollars for a month in UTC. */
    monthlyUsd: number;
    /** AWS's budget of this environment. Absent: the meter alone holds the limit. */
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
 * What the stack wrote as JSON. A controller that knows half of it could count
 * too little money or forget a fleet, so it does nothing.
 *
 * @throws naming each value that is missing or of another kind
 */
export function parseControllerConfiguration(text: string): ControllerConfiguration {
  return parseShape<ControllerConfiguration>(text, shape, {
    subject: "The controller's configuration",
    remedy: "Its code and its configuration are of different versions: `pulumi up` writes both.",
  });
}
