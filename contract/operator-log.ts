/** The stream in a fleet's log group that says what operators did to its machines. */
export const operatorStream = "operator";

/** An operator ended a machine, whatever ran on it: one line of JSON, written before it is done. */
export interface EvictionRecord {
  /** Version of this shape. */
  v: 1;
  kind: "eviction";
  /** ISO 8601 in UTC. */
  at: string;
  /** ARN of who did it. */
  by: string;
  reason: string | null;
  environment: string;
  fleet: string;
  runner: string;
  /** The machine's name at GitHub. */
  machine: string;
  instanceId: string;
  /** EC2's word for it at that moment. */
  instanceState: string;
  /** Links of the runs whose jobs were found on it. */
  jobs: string[];
}
