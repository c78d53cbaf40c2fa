import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestEnvironment } from "../environment.ts";
import { diskOf } from "../journey/machine-processes.ts";
import { instanceOf } from "../journey/one-runner.ts";
import { agentPrefix } from "./instants.ts";
import type { SentJob } from "./jobs.ts";

/** Number of a journal's lines that are printed. */
const maxJournalLines = 60;

/** Everything that is known of a lost job. */
export function storyOf(environment: TestEnvironment, { job, round, machine, sentAt }: SentJob): string {
  const time = (at: number | undefined) => (at === undefined ? "never" : new Date(at).toISOString());
  const { instant, afterMs } = round.aim;
  const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}`);
  return [
    `round ${round.number}: ${round.act}, a job ${afterMs} ms after "${instant}" of ${machine ?? "no machine"}`,
    `  sent ${time(sentAt)}, started ${time(job.startedAt)}, completed ${time(job.completedAt)}`,
    `  ${job.status}, ${job.conclusion ?? "no conclusion"}, missed ${job.misses} times, taken by ${job.runner?.name ?? "no runner"}`,
    ...job.annotations.map((line) => `  GitHub: ${line}`),
    "  log of the job:",
    ...indented(environment.cloud.github.logOf(job).split("\n")),
    "  journal of the agent:",
    ...indented(machine === undefined ? [] : journalOf(environment, machine).slice(-maxJournalLines)),
  ].join("\n");
}

/** The journal has times, but lasts only as long as the machine's disk; the console lasts longer. */
function journalOf(environment: TestEnvironment, instanceId: string): string[] {
  const file = join(diskOf(environment, instanceId), "var/log/journal/longhaul-agent.service.log");
  if (existsSync(file)) return readFileSync(file, "utf8").trim().split("\n");
  return instanceOf(environment, instanceId)
    .console.split("\n")
    .filter((line) => line.startsWith(agentPrefix))
    .map((line) => line.slice(agentPrefix.length));
}

/** How often machines had begun to leave and stayed because a job, or a possible job, was on its way. */
export function countReturns(environment: TestEnvironment): number {
  const begunAndStayed = new RegExp(`^${agentPrefix}leaving.*\\n${agentPrefix}(idle|busy)`, "gm");
  const consoles = environment.cloud.aws.instances().map(({ console }) => console);
  return consoles.reduce((count, text) => count + [...text.matchAll(begunAndStayed)].length, 0);
}
