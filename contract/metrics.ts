/**
 * The CloudWatch namespace of the metrics that controller and receiver write.
 * The alarms on money watch it, so no machine's role may write to it.
 */
export const metricNamespace = "Longhaul";

/** The namespace of metrics that machines write about themselves: a job can forge them. Their role may write to no other. */
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
 * Incidents on a machine that do not change its state. Dimensions and namespace
 * as above. Published only for minutes in which the incident happened or
 * continued, because each metric of a runner costs money by the hour; an alarm
 * treats missing data as "not breaching".
 */
export const machineIncidents = {
  /** Failed polls of the listener for messages. Ten of them during one job make the runner cancel that job. */
  pollError: { name: "PollErrors", unit: "Count" },
  /** GitHub no longer knows the machine's registration. */
  registrationGone: { name: "RegistrationsGone", unit: "Count" },
  /** GitHub refuses the version of the runner software. */
  versionRefused: { name: "VersionsRefused", unit: "Count" },
  /** A listener that no longer polled was restarted. */
  listenerHung: { name: "ListenersHung", unit: "Count" },
  /** The machine could not overwrite its used registration token. */
  tokenKept: { name: "TokensKept", unit: "Count" },
  /** The machine has requested its power-off and still runs a minute later. */
  powerOffHeld: { name: "PowerOffsHeld", unit: "Count" },
  /** SSM does not return the fleet's parameters: the last values that were read still apply. */
  parametersUnread: { name: "ParametersUnread", unit: "Count" },
  /** The agent cannot observe the runner, so the machine neither sleeps nor retires. */
  runnerUnseen: { name: "RunnersUnseen", unit: "Count" },
  /** The timer that powers off a machine without a running agent could not be cancelled and is still armed. */
  bootTimerKept: { name: "BootTimersKept", unit: "Count" },
  /** The disk is full during a job. */
  diskFull: { name: "DisksFull", unit: "Count" },
  /** The file system for the runner's own logs is nearly full: without it, workers die at their start. */
  runnerLogsFull: { name: "RunnerLogsFull", unit: "Count" },
} as const;

/** Dimension: `Environment`. Written by the webhook's receiver, one for each delivery. */
export const receiverMetrics = {
  /** A job's state was written. */
  accepted: "WebhookAccepted",
  /** Genuine, without effect: another event, a job for no fleet, or a job that is already in a later state. */
  ignored: "WebhookIgnored",
  /** Not from GitHub: a missing or wrong signature, too large, malformed. */
  refused: "WebhookRefused",
  /** Genuine, but its state could not be written. */
  failed: "WebhookFailed",
} as const;

/** Dimension: `Environment`. Written by the controller, once for each call. */
export const controllerMetrics = {
  /** Machines that run or are about to. */
  awake: "MachinesAwake",
  /** Disks of the environment that are attached to no machine, and still cost money. */
  strayDisks: "DisksWithoutMachine",
  /** Sleeping machines that were started. */
  started: "MachinesStarted",
  /**
   * Sleeping machines that EC2 did not start: it refused (no capacity in their zone, for example), or accepted the start
   * and failed, now or at an earlier call. It is above 0 as long as the last start of any machine has failed.
   */
  notStarted: "MachinesNotStarted",
  /**
   * Machines that should be awake, apart from those for queued jobs, and still sleep after this call: EC2 did not start
   * them, or their last start failed and they wait for the next one.
   */
  leftAsleep: "MachinesLeftAsleep",
  /** Reads that failed, so that nothing was done that depends on them: machines, parameters, the meter, jobs, disks. */
  readsFailed: "ReadsFailed",
  /** Decisions that could not be written, apart from starts: power, the meter, a wake of a job. */
  writesFailed: "WritesFailed",
  /** Queued jobs that count for a fleet. */
  waiting: "JobsWaiting",
  /** Queued jobs with labels that no fleet has. */
  unmatched: "JobsUnmatched",
  /** Queued jobs that have used up their wakes: something other than a missing machine holds them. */
  leftAlone: "JobsLeftAlone",
  /** Queued jobs for which no machine is left that may be started. */
  noMachine: "JobsWithoutMachine",
  /** Queue messages that were malformed or of an unknown version. */
  unread: "MessagesUnread",
  /** US dollars since the month began, by the meter. */
  spent: "SpentUsd",
  /** US dollars since the day began in UTC, by the meter. */
  spentToday: "SpentTodayUsd",
  /** Percent of the month's budget. */
  budgetUsed: "BudgetUsedPercent",
} as const;

/** Dimension: `Environment`. Written by the controller once for each sweep, where a GitHub App is configured. */
export const sweepMetrics = {
  /** Queued jobs that no webhook delivery had reported. */
  found: "SweepJobsFound",
  /** Jobs that had ended or were deleted without a webhook delivery that reported it. */
  forgotten: "SweepJobsForgotten",
  /** 1 if the sweep could not ask GitHub for everything. */
  failed: "SweepFailed",
} as const;
