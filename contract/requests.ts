import type { Shape } from "./shape.ts";
import { checkShape, parseShape } from "./shape.ts";
import type { Whole } from "./written.ts";

/**
 * What the program's Commands hand to `longhaul`. The whole request travels as
 * JSON in one environment variable, so that the command line is the same text
 * on every computer and no value needs quoting. Credentials are never in it:
 * the command takes them from its own environment, as the providers do.
 */
export const requestVariable = "LONGHAUL_REQUEST";

/** Which environment a command works on. It refuses when the caller's account is another. */
export interface Target {
  environment: string;
  aws: {
    account: string;
    region: string;
    /** Overrides of service base URLs, by the SDK's service name. */
    endpoints: Partial<Record<"ec2" | "ssm" | "sts" | "logs" | "budgets", string>>;
  };
  github: {
    /** Base URL of the REST API, for example `https://api.github.com`. */
    apiUrl: string;
    /** Base URL for people's links, for example `https://github.com`. */
    url: string;
    owner: string;
    /** Set when the runners belong to one repository; absent: to the organisation. */
    repository?: string;
  };
}

/** A machine as the program knows it. */
export interface DeclaredMachine {
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  instanceId: string;
}

/**
 * `longhaul await`: each machine that is not on the roster yet is online, loses
 * what is left of its registration token, and gets the fleet's labels; run
 * before the roster is written.
 */
export interface AwaitRequest {
  target: Target;
  fleet: string;
  machines: DeclaredMachine[];
  /** Every label that a machine in service has, besides its own: `self-hosted`, `linux`, the architecture, the fleet's. */
  labels: string[];
  /** Minutes until a machine that is not online has failed. */
  onlineWithinMinutes: number;
  /** As in {@link SettleRequest}. */
  ownTags: Record<string, string>;
  /** As in {@link SettleRequest}. */
  kmsKeyArn?: string;
}

/** `longhaul settle`: runs after the roster has changed. */
export interface SettleRequest {
  target: Target;
  fleet: string;
  /** As in {@link AwaitRequest}. */
  labels: string[];
  /** Configured tags of machines, disks and token parameters, by key. */
  ownTags: Record<string, string>;
  /** ARN of the key for registration tokens. Absent: the account's AWS managed key. */
  kmsKeyArn?: string;
}

/** `longhaul await-meter`: runs once, before the alarm on a silent meter is created. */
export interface AwaitMeterRequest {
  target: Target;
}

/** `longhaul drain`: runs when what it guards is about to be deleted. It never changes once it exists. */
export interface DrainRequest {
  target: Target;
  /** What machines stand on. `fleet` also tells the fleet's machines to leave. */
  guards:
    | { what: "network"; vpcId: string; securityGroupId: string }
    | { what: "role"; fleet: string; instanceProfileArn: string }
    | { what: "fleet"; fleet: string };
  smoke?: SmokeSource;
  /** Minutes until it gives up and lists what still runs. */
  waitMinutes: number;
}

/** `longhaul lift`: runs when the budget is about to be deleted, so that no role stays denied. */
export interface LiftRequest {
  target: Target;
  /** Name of AWS's budget. */
  budget: string;
}

/** Location of the smoke test's workflow. */
export interface SmokeSource {
  owner: string;
  repository: string;
  /** File name below `.github/workflows`. */
  workflow: string;
}

/** `longhaul smoke publish` and `smoke withdraw`: commit the workflow to its repository, and remove it. */
export interface SmokeWorkflowRequest {
  target: Target;
  smoke: SmokeSource;
  /** The whole file, with the mark of its environment. Absent: the file belongs to others and is left alone. */
  text?: string;
}

/** `longhaul smoke dispatch`: prove one machine. */
export interface SmokeDispatchRequest {
  target: Target;
  fleet: string;
  machine: DeclaredMachine;
  smoke: SmokeSource;
  /** How long the workflow holds the runner. */
  minutes: number;
  /** `start`: return once the job is in progress on the machine. `end`: follow it to its conclusion. */
  wait: "start" | "end";
  /** Minutes until a machine must be online and have begun the job. */
  onlineWithinMinutes: number;
}

/**
 * What `longhaul smoke dispatch` prints, and what the stack has as its output.
 * For a machine that was in service before it prints null: there was no run.
 */
export interface SmokeRun {
  workflow: string;
  runId: number;
  runUrl: string;
  expectedRunner: string;
  actualRunner: string;
  minutes: number;
  /** Set with `wait: "end"`. */
  conclusion?: string;
}

const runShape: Shape<SmokeRun> = {
  workflow: "text",
  runId: "number",
  runUrl: "text",
  expectedRunner: "text",
  actualRunner: "text",
  minutes: "number",
  "conclusion?": "text",
};

/** What `longhaul smoke dispatch` prints. @param run undefined: there was none */
export function formatSmokeRun(run: Whole<SmokeRun> | undefined): string {
  return JSON.stringify(run ?? null);
}

/**
 * Reads what {@link formatSmokeRun} has written.
 *
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function parseSmokeRun(output: string): SmokeRun | null {
  if (output.trim() === "null") return null;
  return parseShape<SmokeRun>(output, runShape, {
    subject: 'What "longhaul smoke dispatch" printed',
    remedy:
      "The command and the program are of different versions, or something else prints as well: `npm ls longhaul` shows which are installed.",
  });
}

/**
 * The smoke runs among the outputs of a stack, which may be of another program than this one's.
 *
 * @param output undefined: the stack has no such output
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function readSmokeRuns(output: unknown): readonly SmokeRun[] {
  return checkShape<readonly SmokeRun[]>(output ?? [], [runShape], {
    subject: 'The stack\'s output "smoke"',
    remedy: "Give it the runs of Longhaul's stackOutputs, or another name.",
  });
}
