/** EC2 tag keys. */
export const tags = {
  /** Always `longhaul`: finds everything in an account that belongs to Longhaul. */
  project: "longhaul:project",
  environment: "longhaul:environment",
  fleet: "longhaul:fleet",
  runner: "longhaul:runner",
  /** Short hash of the configuration that shapes the machine. */
  fingerprint: "longhaul:fingerprint",
  generation: "longhaul:generation",
  /** ARN of the customer's key of the machine's disk; absent: the disk has AWS's own key. */
  diskKey: "longhaul:disk-key",
  /** Which configured tags Longhaul has written, see contract/own-tags.ts. Absent: none. */
  ownTags: "longhaul:own-tags",
  /** Written only by the controller: how many starts in a row have failed, see contract/failed-starts.ts. */
  failedStarts: "longhaul:failed-starts",
  /** On a token parameter: the id of the one instance that may read it. */
  instance: "longhaul:instance",
  /** Written by the machine about itself: one of {@link machineStates}. */
  state: "longhaul:state",
  /** Written by the machine: `<owner>/<repository>/actions/runs/<id>` of the job it runs, else empty. */
  job: "longhaul:job",
  /** Written by the machine: when `longhaul:state` last changed, ISO 8601 in UTC. */
  since: "longhaul:since",
  /** Written by the machine: one sentence for people, at most 256 characters. */
  detail: "longhaul:detail",
  /** Written by the machine: version of the runner software at work, for example `2.338.0`. */
  version: "longhaul:version",
} as const;

/** The tags that a machine may write, on itself only. Its role permits no other key. */
export const tagsOfTheMachine = [tags.state, tags.job, tags.since, tags.detail, tags.version] as const;

export const projectTag = "longhaul";

/**
 * The states that a machine reports in `longhaul:state`. They are information
 * for people: a job with Docker is root on its machine and can forge them, so no
 * decision about money rests on them. The controller reads from them when a
 * sleeping machine last ran, and which running machines cannot take jobs.
 */
export const machineStates = [
  "booting", // the boot script is at work
  "boot-failed", // the boot script gave up; `longhaul:detail` says why
  "needs-token", // waits for a registration token in its parameter
  "waiting", // registered, but on neither list (or they cannot be read): the listener stays off
  "starting", // the listener has been started and is not yet listening
  "idle",
  "busy",
  "leaving", // on its way to power off
  "asleep", // powered off by its own decision; the disk and the registration stay
  "retired", // powered off for good
  "failed", // the listener cannot run; `longhaul:detail` says why
] as const;
export type MachineState = (typeof machineStates)[number];
