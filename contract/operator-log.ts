/** The stream in a fleet's log group that records what operators did to its machines. */
export const operatorStream = "operator";

/** An operator ended a machine, whatever ran on it. One line of JSON, written before the machine is ended. */
export interface EvictionRecord {
  /** Version of this shape. */
  v: 1;
  kind: "eviction";
  /** ISO 8601 in UTC. */
  at: string;
  /** ARN of the operator. */
  by: string;
  reason: string | null;
  environment: string;
  fleet: string;
  runner: string;
  /** The machine's name at GitHub. */
  machine: string;
  instanceId: string;
  /** The instance state at that moment, in EC2's words. */
  instanceState: string;
  /** Links of the runs that had jobs on it. */
  jobs: string[];
}
