import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import type { EnvironmentFlags } from "../environment.ts";
import { BadUsage } from "../exit-codes.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";
import { checkReason } from "./option-values.ts";

interface EvictFlags extends EnvironmentFlags {
  runner?: string;
  machine?: string;
  force?: boolean;
  reason?: string;
  yes?: boolean;
  json?: boolean;
}

const withoutForce =
  "evict terminates a machine at once, and the job that runs on it is lost: no other verb does that. " +
  "Nothing was done. A machine that is on no list leaves by itself when its job has ended: wait for it " +
  "(`longhaul status --watch` links the job), or cancel the run at GitHub. To evict it nevertheless, add --force.";

/** `longhaul evict`: the one verb that interrupts a job. */
export function evictCommand(context: VerbContext): Command {
  return withEnvironment(new Command("evict"))
    .description(
      "terminate a machine at once, with the job that runs on it; the only verb that interrupts a job",
    )
    .option("--runner <name>", "the runner of the machine")
    .option("--machine <instance id>", "the machine, where its runner has more than one")
    .option("--force", "required: confirms that the job is interrupted")
    .option("--reason <text>", "why, for the fleet's log")
    .option("-y, --yes", "do not ask")
    .option("--json", "print the record of the eviction as JSON")
    .action(async (flags: EvictFlags) => {
      if (!flags.force) throw new BadUsage(withoutForce);
      checkReason(flags.reason);
      const { declaredRunners } = await import("../../config/declared-runners.ts");
      const { observeMachines } = await import("../../observe/observe-machines.ts");
      const { chooseMachine } = await import("../evict/choose-machine.ts");
      const { evict } = await import("../evict/evict.ts");
      const environment = await environmentOf(context, flags);
      const { name, configuration, target } = environment;
      const aws = await context.connectAws(target);
      const machines = await observeMachines({ ec2: aws.instances }, { environment: name });
      const machine = chooseMachine(flags, declaredRunners(name, configuration), machines);
      if (!machine) {
        context.output.say(`${flags.machine ?? flags.runner!} has no machine left to evict.`);
        if (flags.json) context.output.result(JSON.stringify({ evicted: null }));
        return;
      }
      const github = await context.connectGithub(target.github);
      const confirm = flags.yes
        ? () => Promise.resolve(true)
        : (question: string) => context.confirm(question);
      const { output, clock } = context;
      const evicted = await evict(
        { aws, github, clock, output, confirm },
        environment,
        machine,
        flags.reason,
      );
      if (flags.json) output.result(JSON.stringify({ evicted }));
    });
}
