import { Command } from "commander";
import { Failure } from "../../contract/failure.ts";
import type { VerbContext } from "../context.ts";
import { requireGithub } from "../context.ts";
import { parsePositive } from "./option-values.ts";

interface FollowFlags {
  repo?: string;
  apiUrl?: string;
  poll: number;
  json?: boolean;
}

/** `longhaul smoke follow`: watches a run to its end, and succeeds if the run does. */
export function smokeFollowCommand(context: VerbContext): Command {
  return new Command("follow")
    .description("watch a run to its end; exit code 0 only when it succeeds")
    .argument("[run]", "URL or number of the run; default: the newest smoke test of the request's machine")
    .option("--repo <owner/name>", "repository of a run that is given by its number")
    .option("--api-url <url>", "base URL of GitHub's REST API; default: derived from the run's URL")
    .option("--poll <seconds>", "how often to look near the expected end", parsePositive, 15)
    .option("--json", "print the run as JSON when it has ended")
    .action(async (run: string | undefined, flags: FollowFlags) => {
      const { findRun } = await import("../smoke/find-run.ts");
      const { followRun } = await import("../smoke/follow-run.ts");
      const { placeOf } = await import("../smoke/run-place.ts");
      const { readRequest, smokeDispatchRequest } = await import("../request.ts");
      const request =
        context.request === undefined
          ? undefined
          : readRequest("smoke follow", smokeDispatchRequest, context.request);
      const place = placeOf(run, flags, request);
      const github = await requireGithub(context, { apiUrl: place.apiUrl, owner: place.owner });
      const runs = github.runs(place);
      const { runId, minutes } = await findRun(runs, place);
      const ended = await followRun(
        { ...context, runs },
        { runId, ...(minutes !== undefined && { minutes }), pollMs: flags.poll * 1000 },
      );
      if (flags.json) {
        context.output.result(JSON.stringify({ runId, runUrl: ended.url, conclusion: ended.conclusion }));
      }
      if (ended.conclusion !== "success")
        throw new Failure(`The run ended with ${ended.conclusion}: ${ended.url}`);
      context.output.say(`The run succeeded: ${ended.url}`);
    });
}
