import { Command } from "commander";
import type { VerbContext } from "../context.ts";
import type { RotateFlags } from "../rotate/rotate-flags.ts";
import { environmentOf, withEnvironment } from "./environment-options.ts";
import { parseCount } from "./option-values.ts";

/** `longhaul rotate`: gives runners new machines, batch by batch; each batch is proven before the next begins. */
export function rotateCommand(context: VerbContext): Command {
  const command = new Command("rotate")
    .description("give runners new machines; the old ones finish their jobs and end themselves")
    .option("--fleet <name>", "all runners of a fleet")
    .option("--runner <names...>", "these runners")
    .option("--all", "all runners of the environment")
    .option("--older-than <age>", "runners that have an older machine than this: 90m, 36h, 3d, 2w, 1d12h")
    .option("--at-once <n>", "how many runners get their new machine together", parseCount, 1)
    .option("--commit", "commit the stack file, and nothing else, after each batch; required in CI")
    .option("--dry-run", "print the plan and change nothing")
    .option("--resume", "continue the unfinished rotation")
    .option("--abandon", "give up the unfinished rotation, and take back its unfinished batch")
    .option("-y, --yes", "do not ask")
    .option("--json", "print what was done as JSON");
  return withEnvironment(command).action(async (flags: RotateFlags) => {
    const { rotate } = await import("../rotate/rotate.ts");
    await rotate(context, await environmentOf(context, flags), flags);
  });
}
