import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readClock } from "longhaul-local";
import type { CloudHandle } from "longhaul-local";
import { smokeSourceOf, targetOf } from "../../../config/target.ts";
import { localEnvironment } from "../../../contract/local-cloud.ts";
import type { SmokeRun } from "../../../contract/requests.ts";
import { connectGithub } from "../../clients/github.ts";
import { followRun } from "../../smoke/follow-run.ts";
import type { LocalContext } from "./context.ts";
import { fastestPace } from "./pace.ts";
import { localConfiguration } from "./stack.ts";
import type { ProgressLines } from "./progress-lines.ts";

/** Milliseconds between two looks at a run: three minutes of the cloud. */
const lookEveryMs = 300;

/** A smoke run that has ended. */
export interface ProvenRun extends SmokeRun {
  conclusion: string;
}

/**
 * Follows the smoke test's runs to their end, as `longhaul smoke follow` does. The
 * cloud's time runs fast meanwhile.
 */
export async function prove(
  context: LocalContext,
  cloud: CloudHandle,
  runs: readonly SmokeRun[],
  tell: ProgressLines,
): Promise<ProvenRun[]> {
  const configuration = await localConfiguration(context, cloud);
  const source = smokeSourceOf(localEnvironment, configuration);
  if (!source) return []; // The test is off.
  const { github: target } = targetOf(localEnvironment, configuration);
  const clockFile = join(context.dir, "clock");
  const clock = { now: () => readClock(clockFile).now, sleep: () => wait(lookEveryMs) };
  const output = {
    say: tell,
    progress: (line: string) => {
      tell.progress(line);
    },
    result: tell,
  };
  const credentials = { kind: "token", token: cloud.environment.GITHUB_TOKEN! } as const;
  const github = connectGithub(target, credentials, { say: tell });

  const pace = fastestPace();
  tell(`a minute of the cloud now takes ${Math.round(60_000 / pace)} ms`);
  await cloud.setPace(pace);
  try {
    const conclusions = new Map<number, string>();
    // The longest run ends last, so it is followed last.
    for (const run of [...runs].sort((a, b) => a.minutes - b.minutes)) {
      const { runId, minutes } = run;
      const { conclusion } = await followRun(
        { runs: github.runs(source), clock, output },
        { runId, minutes },
      );
      tell(`smoke test of ${minutes} minutes on ${run.actualRunner}: ${conclusion} · ${run.runUrl}`);
      conclusions.set(runId, conclusion);
    }
    return runs.map(({ workflow, runId, runUrl, expectedRunner, actualRunner, minutes }) => ({
      workflow,
      runId,
      runUrl,
      expectedRunner,
      actualRunner,
      minutes,
      conclusion: conclusions.get(runId)!,
    }));
  } finally {
    await cloud.setPace(1);
  }
}
