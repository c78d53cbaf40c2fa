/** A fault to plant: one that a reader found, or one that was planted by hand and that no test noticed. */
export interface Mutant {
  /** The harm to users who run the product with it. */
  harm: string;
  /** Path below the project's folder. */
  file: string;
  /** Text that the file contains exactly once, and its replacement. */
  from: string;
  to: string;
  /** Test files of which at least one must fail, below the project's folder. */
  tests: readonly string[];
}

const controllerDecide = "runtime/functions/controller/decide.ts";
const controllerDemand = ["tests/unit/runtime/functions/controller-demand.test.ts"];
const rules = "config/rules/auto-shutdown.ts";
const refusals = ["tests/unit/config/refusals.test.ts"];

const configurations = ["tests/unit/contract/configurations.test.ts"];

const wires = ["tests/unit/components/wires.test.ts"];
const seenWorker = "runtime/agent/seen-worker.ts";
const listenerMemory = "runtime/agent/listener-memory.ts";
const model = ["tests/model/first-schedules.test.ts"];

/** Every fault that is found gets a line here, with the test that notices it now. */
export const mutants: readonly Mutant[] = [
  {
    harm: "A fleet that closes is started for jobs.",
    file: controllerDecide,
    from: 'listing === "service" && (power',
    to: "(power",
    tests: controllerDemand,
  },
  {
    harm: "A machine is started in the minute in which the budget breaks.",
    file: controllerDecide,
    from: "power: power[fleet] ?? own.power",
    to: "power: own.power",
    tests: controllerDemand,
  },
  {
    harm: "Two machines are started for one job.",
    file: controllerDecide,
    from: 'state: woken.has(id) ? "pending" : state',
    to: "state",
    tests: controllerDemand,
  },
  {
    harm: "A machine's report from before its last start keeps it from jobs.",
    file: controllerDecide,
    from: "report !== undefined && report.since >= launchedAt",
    to: "report !== undefined",
    tests: controllerDemand,
  },
  {
    harm: "A machine's first report after its start does not count.",
    file: controllerDecide,
    from: "report.since >= launchedAt",
    to: "report.since > launchedAt",
    tests: controllerDemand,
  },
  {
    harm: "Working hours keep a fleet asleep although a job waits.",
    file: controllerDecide,
    from: ' || by === "working-hours"',
    to: "",
    tests: controllerDemand,
  },
  {
    harm: "A machine is started although an operator's override may forbid it.",
    file: controllerDecide,
    from: "!settings?.override || ",
    to: "!settings || ",
    tests: controllerDemand,
  },
  {
    harm: "A machine that EC2 does not start is retried each minute.",
    file: controllerDecide,
    from: " && !isBackingOff(machine, now)",
    to: "",
    tests: controllerDemand,
  },
  {
    harm: "A call of the controller that could not read something counts as well.",
    file: "runtime/functions/controller/controller.ts",
    from: "[...seen.problems, ",
    to: "[",
    tests: ["tests/unit/runtime/functions/controller-call.test.ts", "tests/local/unread.test.ts"],
  },
  {
    harm: "A job loses one of its tries to a start that EC2 did not carry out.",
    file: "runtime/functions/controller/act.ts",
    from: "wakesBefore: wakes - 1",
    to: "wakesBefore: wakes",
    tests: ["tests/unit/runtime/functions/controller-act.test.ts", "tests/local/failed-starts.test.ts"],
  },
  {
    harm: "A first `up` makes each of the controller's calls fail.",
    file: "runtime/functions/controller/observe.ts",
    from: " && !isNotYetMade(key)",
    to: "",
    tests: ["tests/unit/runtime/functions/controller-observe.test.ts"],
  },
  {
    harm: "A machine sleeps at once if its agent got only half of the settings on which it decides.",
    file: "contract/shape.ts",
    from: "if (faults.length > 0)",
    to: "if (faults.length > 99)",
    tests: configurations,
  },
  {
    harm: "A controller that got half of its prices counts the money as NaN, which no budget stops.",
    file: "contract/shape.ts",
    from: "Number.isFinite(value) && (value as number) >= 0",
    to: "true",
    tests: configurations,
  },
  {
    harm: "A machine sleeps under a job because a comparison with NaN is false.",
    file: "runtime/agent/decide.ts",
    from: "  refuseNaN(seen);\n",
    to: "",
    tests: ["tests/unit/runtime/decide.test.ts"],
  },
  {
    harm: "A candidate that waits for a token gets the fleet's labels, and jobs, unproven.",
    file: "cli/settle/settle-fleet.ts",
    from: '"needs-token").filter(isOnRoster)',
    to: '"needs-token")',
    tests: ["tests/verbs/settle.test.ts"],
  },
  {
    harm: "Jobs as the ec2-user of Amazon's image are root by a group, although the fleet has no sudo.",
    file: "runtime/agent/boot/runner-user.sh",
    from: "sudo wheel admin adm systemd-journal lxd disk docker",
    to: "sudo adm lxd docker",
    tests: ["tests/processes/boot/image-user.test.ts"],
  },
  {
    harm: "The webhook's secret is in plain text in the state.",
    file: "components/wake-on-demand/wake-on-demand.ts",
    from: ', additionalSecretOutputs: ["stdout"]',
    to: "",
    tests: ["tests/unit/components/wake-on-demand.test.ts"],
  },
  {
    harm: "The smallest idle timeout that a message names is refused.",
    file: rules,
    from: "idleMinutes * 60 >= agent",
    to: "idleMinutes * 60 > agent",
    tests: refusals,
  },
  {
    harm: "The smallest job limit that a message names is refused.",
    file: rules,
    from: "maxJobHours * 60 >= needed",
    to: "maxJobHours * 60 > needed",
    tests: refusals,
  },
  {
    harm: "Keeping all of a fleet's machines awake is refused.",
    file: rules,
    from: "minimumAwake > fleet.runners",
    to: "minimumAwake >= fleet.runners",
    tests: refusals,
  },
  {
    harm: "A configuration that exceeds AWS's sizes is refused only when half of it is made.",
    file: "index.ts",
    from: "  checkSizes(environment, configuration, diskKeys);\n",
    to: "",
    tests: ["tests/unit/components/sizes.test.ts"],
  },
  {
    harm: "The keys of the machines' disks are not counted in the size of the controller's policy.",
    file: "index.ts",
    from: "checkSizes(environment, configuration, diskKeys)",
    to: "checkSizes(environment, configuration, [])",
    tests: ["tests/unit/components/sizes.test.ts"],
  },
  {
    harm: "The policies of the budget's role are made without being measured.",
    file: "components/sizes/role-policies.ts",
    from: "if (hasAwsBudget(budget))",
    to: "if (!hasAwsBudget(budget))",
    tests: ["tests/unit/components/policy-size.test.ts"],
  },
  {
    harm: "A network is made in a local zone that the account has opted into.",
    file: "components/zones/zones.ts",
    from: '{ state: "available", filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }] }',
    to: '{ state: "available" }',
    tests: ["tests/unit/components/network.test.ts"],
  },
  {
    harm: "A network is made in a zone that is out of service.",
    file: "components/zones/zones.ts",
    from: 'state: "available", ',
    to: "",
    tests: ["tests/unit/components/network.test.ts"],
  },
  {
    harm: "Tags cannot be replaced if other tags fill the machine's fifty.",
    file: "cli/settle/settle-tags.ts",
    from: "    if (remove.length > 0) await resourceTags.remove(ids, remove);\n    if (Object.keys(write).length > 0) await resourceTags.write(ids, write);\n",
    to: "    if (Object.keys(write).length > 0) await resourceTags.write(ids, write);\n    if (remove.length > 0) await resourceTags.remove(ids, remove);\n",
    tests: ["tests/verbs/settle.test.ts"],
  },
  {
    harm: "A machine leaves while a job is on its way, because its listener's output does not count as a sign of work.",
    file: listenerMemory,
    from: "lastActivityAt: work ? now : memory.lastActivityAt",
    to: "lastActivityAt: memory.lastActivityAt",
    tests: model,
  },
  {
    harm: "A machine leaves as soon as its job has ended, because a worker does not count as a sign of work.",
    file: listenerMemory,
    from: "lastActivityAt: worker ? now : memory.lastActivityAt",
    to: "lastActivityAt: memory.lastActivityAt",
    tests: model,
  },
  {
    harm: "A machine that was registered again asks for tokens for ever, and starts no listener.",
    file: listenerMemory,
    from: "{ ...memory, exit: undefined, failures: 0 }",
    to: "{ ...memory, failures: 0 }",
    tests: model,
  },
  {
    harm: "The agent does not notice that its machine was registered again, and starts no listener.",
    file: "runtime/agent/acts.ts",
    from: 'if ((await host.registrar.attempt()).outcome === "registered") listener.forgetExit();',
    to: "await host.registrar.attempt();",
    tests: ["tests/unit/runtime/supervisor.test.ts"],
  },
  {
    harm: "A machine leaves at once although its listener has just ended with a job's message.",
    file: listenerMemory,
    from: "=== null) ? now : memory.missedAt",
    to: "=== null) ? memory.missedAt : memory.missedAt",
    tests: model,
  },
  {
    harm: "A listener that fails repeatedly keeps its machine awake.",
    file: listenerMemory,
    from: "lastUsedAt: memory.exit ? memory.lastUsedAt : now",
    to: "lastUsedAt: now",
    tests: ["tests/unit/runtime/listener-memory.test.ts"],
  },
  {
    harm: "An idle machine sleeps by its last use as of the look before.",
    file: "runtime/agent/look.ts",
    from: "sleepAtOf(listener, fleet",
    to: "sleepAtOf(memory, fleet",
    tests: ["tests/unit/runtime/look.test.ts"],
  },
  {
    harm: "An agent overwrites its registration token without the customer's key.",
    file: "components/runner-fleet/user-data.ts",
    from: "kmsKeyArn: aws.kmsKeyArn",
    to: "kmsKeyArn: undefined",
    tests: wires,
  },
  {
    harm: "A long job is never reported, because its limit does not reach the machine.",
    file: "components/auto-shutdown/auto-shutdown.ts",
    from: "minimumAwake, maxJobHours, enforce });",
    to: "minimumAwake, maxJobHours: undefined, enforce });",
    tests: wires,
  },
  {
    harm: "No machine is woken for jobs without labels.",
    file: "components/wake-on-demand/receiver-configuration.ts",
    from: "emptyLabels: wakeOnDemand.emptyLabels",
    to: "emptyLabels: undefined",
    tests: wires,
  },
  {
    harm: "A guard does not cancel the smoke tests that hold its machines.",
    file: "cli/request.ts",
    from: "smoke: smoke.exactOptional(),",
    to: "",
    tests: ["tests/unit/cli/request.test.ts"],
  },
  {
    harm: "An answer that is not DynamoDB's counts as an empty table, and no machine is started for jobs.",
    file: "runtime/functions/job-table.ts",
    from: "if (!isPage(page))",
    to: "if (!page)",
    tests: ["tests/unit/runtime/functions/job-table.test.ts"],
  },
  {
    harm: "A damaged file of jobs at work keeps the agent from looking after the runner.",
    file: "runtime/agent/open-jobs.ts",
    from: ".filter(isMarkedJob)",
    to: "",
    tests: ["tests/unit/runtime/open-jobs.test.ts"],
  },
  {
    harm: "A secret among a machine's credentials is quoted in its log.",
    file: "contract/shape.ts",
    from: 'shape === "secret" ? fault(wanted, "something else") : fault(wanted)',
    to: "fault(wanted)",
    tests: ["tests/unit/runtime/metadata.test.ts", "tests/local/verb/folder-hold.test.ts"],
  },
  {
    harm: "A job is ended early, because its worker got the process id of the worker before.",
    file: seenWorker,
    from: "before.mark.start === mark.start",
    to: "true",
    tests: ["tests/unit/runtime/seen-worker.test.ts"],
  },
  {
    harm: "A worker that ignores the request to end is never killed.",
    file: seenWorker,
    from: "worker.toldToEndAt ?? now",
    to: "now",
    tests: ["tests/unit/runtime/seen-worker.test.ts"],
  },
  {
    harm: "A damaged line on a machine's disk keeps every later line out of the ledger.",
    file: "runtime/agent/ledger-files.ts",
    from: " && momentOf(line) >= 0;",
    to: ";",
    tests: ["tests/unit/runtime/report.test.ts"],
  },
  {
    harm: "The power setting loses what was spent, so people cannot see which budget is spent.",
    file: "contract/parameters.ts",
    from: "spent: isSpent(spent) ? { month: spent.month, usd: spent.usd } : undefined,",
    to: "spent: undefined,",
    tests: ["tests/unit/contract/parameters.test.ts"],
  },
  {
    harm: "A message that always fails is never put aside.",
    file: "components/fleet-controller/fleet-controller.ts",
    from: "JSON.stringify({ deadLetterTargetArn, maxReceiveCount: maxReceives })",
    to: "JSON.stringify({ deadLetterTargetArn })",
    tests: ["tests/unit/components/fleet-controller.test.ts"],
  },
  {
    harm: "People get every notification of the topic, and not only alarms.",
    file: "components/alarm-topic/alarm-topic.ts",
    from: 'filterPolicyScope: "MessageBody",',
    to: 'filterPolicyScope: "MessageAttributes",',
    tests: ["tests/unit/components/alarm-topic.test.ts"],
  },
  {
    harm: "The lock of an engine that this program does not understand is removed while that engine works.",
    file: "local/engine/stack-locks.ts",
    from: "parseObject(text) && parseLock(text, file)",
    to: "undefined as StackLock | undefined",
    tests: ["tests/local/engine/stack-locks.test.ts"],
  },
];
