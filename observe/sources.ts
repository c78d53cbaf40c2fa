import type { Instance, RunnerEntry } from "./machine.ts";

/** Which instances to describe; all conditions together. */
export interface InstanceFilter {
  tags: Readonly<Record<string, string>>;
  instanceIds?: readonly string[];
  vpcId?: string;
  securityGroupId?: string;
  instanceProfileArn?: string;
}

/** EC2, as far as observing needs it. Instances that are not found are left out, without an error. */
export interface InstanceSource {
  describe(filter: InstanceFilter): Promise<Instance[]>;
}

/** The runners of a repository or an organisation, as far as observing needs them. */
export interface RunnerSource {
  list(): Promise<RunnerEntry[]>;
  /** The entry of exactly this name. */
  find(name: string): Promise<RunnerEntry | undefined>;
}
