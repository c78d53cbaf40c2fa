/**
 * Where things are on a machine. The boot script makes these folders and
 * writes what the agent reads; both must agree.
 *
 * @param root what every path is below: empty on a real machine
 * @param user the runner's user
 */
export function pathsBelow(root: string, user: string) {
  const runner = `${root}/home/${user}/actions-runner`;
  const state = `${root}/var/lib/longhaul`;
  return {
    root: root === "" ? "/" : root,
    /** The runner's tarball, unpacked. Its user owns it. */
    runner,
    /** Written by config.sh; absent if the runner is not registered. */
    registration: `${runner}/.runner`,
    /** Written by config.sh as well, before it. */
    credentials: [`${runner}/.credentials`, `${runner}/.credentials_rsaparams`],
    /** Written by the listener when GitHub makes it change its settings. It cannot start from these alone. */
    migrated: [`${runner}/.runner_migrated`, `${runner}/.credentials_migrated`],
    listener: `${runner}/bin/Runner.Listener`,
    /**
     * Standard output and error of the listener; the agent keeps the previous file as well. In memory, because a listener
     * that cannot write does not notice its worker's end, and keeps renewing the lock of a dead job.
     */
    listenerLog: `${root}/run/longhaul/listener.log`,
    /** Written by the runner's user: the listener's performance counters. In memory, so that a full disk does not hide the next job's message. */
    perfFolder: `${root}/run/longhaul/perf`,
    perfLog: `${root}/run/longhaul/perf/Runner.perf`,
    /** The runner's own logs, one file for each start of its processes. On a real machine, a file system of its own in memory. */
    diagnostics: `${runner}/_diag`,
    /** Written by the start hook as the runner's user: the facts of the job, in a file named after its worker's process id. */
    jobFacts: `${root}/run/longhaul/jobs`,
    /** The running jobs; its modification time is the last time at which they ran. */
    openJobs: `${state}/open-jobs`,
    /** Process id and start of the listener, for an agent that starts again. A reboot removes both. */
    listenerProcess: `${root}/run/longhaul/listener`,
    /** Id of the instance that this disk belongs to, from the user data: an image carries it to other instances. */
    owner: `${state}/instance`,
    /** Present once the machine has been on one of its fleet's lists. */
    listedMark: `${state}/listed`,
    /** Present once EC2 may have been told to terminate the machine when it powers off. */
    endingMark: `${state}/ending`,
    /** Present once an agent has requested the power-off. In memory, so that the power-off removes it. */
    poweringOffMark: `${root}/run/longhaul/powering-off`,
    /** When the boot script began; removed once the agent has read it. */
    bootMark: `${root}/run/longhaul/boot`,
    /** Ids of the jobs that were written to the ledger last. */
    ledgerMark: `${state}/ledger`,
    /** Lines that are not in the ledger yet. */
    ledgerWaiting: `${state}/ledger-waiting`,
    /** The ballast. */
    ballast: `${state}/ballast`,
  } as const;
}

export type MachinePaths = ReturnType<typeof pathsBelow>;

/** The machine's configuration, as the user data writes it. */
export function configurationPath(root: string): string {
  return `${root}/etc/longhaul/machine.json`;
}
