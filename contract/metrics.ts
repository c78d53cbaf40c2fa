/**
 * The CloudWatch namespace of what controller and receiver measure, and the
 * alarms on money watch. No machine's role may put a metric into it.
 */
export const metricNamespace = "Longhaul";

/** The namespace of what machines say about themselves: a job can forge it. Their role may write no other. */
export const machineMetricNamespace = "Longhaul/Machines";

/** Dimensions: `Environment`, `Fleet`, `Runner`. Published by each machine once a minute. */
export const machineMetrics = {
  /** 1 while a job has been received and has not ended. */
  busy: { name: "Busy", unit: "Count" },
  /** 1 while the listener runs. */
  listening: { name: "Listening", unit: "Count" },
  /** 1 while its job runs for longer than `autoShutdown.maxJobHours` allows. */
  jobOverdue: { name: "JobOverdue", unit: "Count" },
  memoryUsed: { name: "MemoryUsed", unit: "Percent" },
  diskUsed: { name: "DiskUsed", unit: "Percent" },
  /** One-minute load average. */
  load: { name: "Load", unit: "None" },
} as const;

/**
 * What can go wrong on a machine while its state stays what it is. Dimensions
 * and namespace as above. Published only for minutes in which it happened or
 * went on, because each metric of a runner costs money by the hour: an alarm
 * treats missing data as "not breaching".
 */
export const machineIncidents = {
  /** Failed polls of the listener for messages. Ten of them during one job make the runner cancel that job. */
  pollError: { name: "PollErrors", unit: "Count" },
  /** GitHub no longer knows the machine's registration. */
  registrationGone: { name: "RegistrationsGone", unit: "Count" },
  /** GitHub refuses the version of the runner software. */
  versionRefused: { name: "VersionsRefused", unit: "Count" },
  /** A listener that no longer polled was started anew. */
  listenerHung: { name: "ListenersHung", unit: "Count" },
  /** The machine could not overwrite the registration token that it has used. */
  tokenKept: { name: "TokensKept", unit: "Count" },
  /** The machine has asked for its power-off, and still runs a minute later. */
  powerOffHeld: { name: "PowerOffsHeld", unit: "Count" },
  /** SSM does not tell the machine what is wanted of its fleet: what it was told before goes on to hold. */
  parametersUnread: { name: "ParametersUnread", unit: "Count" },
  /** The agent cannot see what the runner does: the machine neither sleeps nor leaves. */
  runnerUnseen: { name: "RunnersUnseen", unit: "Count" },
  /** The timer that powers off a machine whose agent does not come up cannot be cancelled: it is armed still. */
  bootTimerKept: { name: "BootTimersKept", unit: "Count" },
  /** The disk is full under a job. */
  diskFull: { name: "DisksFull", unit: "Count" },
  /** The memory for the runner's own logs is nearly full: without it, workers die at their start. */
  runnerLogsFull: { name: "RunnerLogsFull", unit: "Count" },
} as const;

/** Dimension: `Environment`. Left by the webhook's receiver, one for each delivery. */
export const receiverMetrics = {
  /** A job's state was written. */
  accepted: "WebhookAccepted",
  /** Genuine, and nothing to do: another event, a job that no fleet is for, one that has got further already. */
  ignored: "WebhookIgnored",
  /** Not what GitHub sends: no or a wrong signature, too large, malformed. */
  refused: "WebhookRefused",
  /** Genuine, and could not be carried out. */
  failed: "WebhookFailed",
} as const;

/** Dimension: `Environment`. Left by the controller, once for each call. */
export const controllerMetrics = {
  /** Machines that run or are about to. */
  awake: "MachinesAwake",
  /** Disks of the environment that no machine has, and that cost money all the same. */
  strayDisks: "DisksWithoutMachine",
  /** Sleeping machines that were started. */
  started: "MachinesStarted",
  /**
   * Sleeping machines that EC2 did not start: it refused (no capacity in their zone, for example), or agreed and failed,
   * then or at an earlier call. It is above 0 for as long as the last start of any machine has failed.
   */
  notStarted: "MachinesNotStarted",
  /**
   * Machines that are to be awake, no job aside, and that sleep after this call: EC2 did not start them, or their last
   * start came to nothing and they rest before the next.
   */
  leftAsleep: "MachinesLeftAsleep",
  /** Things that could not be read, so that what rests on them was not done: machines, parameters, the meter, jobs, disks. */
  readsFailed: "ReadsFailed",
  /** Things that were decided and could not be written, starts aside: power, the meter, a wake of a job. */
  writesFailed: "WritesFailed",
  /** Queued jobs that count for a fleet. */
  waiting: "JobsWaiting",
  /** Queued jobs whose labels no fleet has. */
  unmatched: "JobsUnmatched",
  /** Queued jobs that have had their wakes: something else than a missing machine holds them. */
  leftAlone: "JobsLeftAlone",
  /** Queued jobs for which no machine is left that may be started. */
  noMachine: "JobsWithoutMachine",
  /** Messages of its queue that were none, or of another version. */
  unread: "MessagesUnread",
  /** US dollars since the month began, by the meter. */
  spent: "SpentUsd",
  /** US dollars since the day began in UTC, by the meter. */
  spentToday: "SpentTodayUsd",
  /** Percent of the month's budget. */
  budgetUsed: "BudgetUsedPercent",
} as const;

/** Dimension: `Environment`. Left by the controller where a GitHub App is configured, once for each sweep. */
export const sweepMetrics = {
  /** Queued jobs that no webhook had told of. */
  found: "SweepJobsFound",
  /** Jobs that were over, or gone, and of which no webhook had told that. */
  forgotten: "SweepJobsForgotten",
  /** 1 where GitHub could not be asked for all that was to be asked. */
  failed: "SweepFailed",
} as const;
