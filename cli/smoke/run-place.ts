import { apiUrl as apiUrlOf } from "../../config/derive.ts";
import type { SmokeDispatchRequest } from "../../contract/requests.ts";
import { BadUsage } from "../exit-codes.ts";

const githubUrl = "https://github.com";

/** The repository of a run, and which run it is. */
export interface RunPlace {
  /** Base URL of the REST API. */
  apiUrl: string;
  owner: string;
  repository: string;
  /** Either the run itself, or a machine: then it is the machine's newest smoke test. */
  run: { id: number } | { ofInstance: string };
}

/** The flags of the command line besides the run. */
export interface PlaceFlags {
  /** `<owner>/<name>` */
  repo?: string;
  apiUrl?: string;
}

/**
 * Determines the run. Flags beat the run's URL, and both beat the request.
 *
 * @param run URL or number; undefined: the newest one of the request's machine
 * @param request of the environment, if there is one
 * @throws BadUsage if that does not name a run
 */
export function placeOf(
  run: string | undefined,
  flags: PlaceFlags,
  request: Pick<SmokeDispatchRequest, "target" | "machine" | "smoke"> | undefined,
): RunPlace {
  const link = run === undefined || isNumber(run) ? undefined : parseRunUrl(run);
  const repository = flags.repo === undefined ? (link ?? request?.smoke) : parseRepository(flags.repo);
  const apiUrl =
    flags.apiUrl ??
    (link ? apiUrlOf({ url: link.origin }) : (request?.target.github.apiUrl ?? apiUrlOf({ url: githubUrl })));
  const id = link?.id ?? (run === undefined ? undefined : Number(run));
  if (!repository || (id === undefined && !request)) {
    throw new BadUsage("Which run? Give its URL, or its number and --repo <owner>/<name>.");
  }
  return {
    apiUrl,
    owner: repository.owner,
    repository: repository.repository,
    run: id === undefined ? { ofInstance: request!.machine.instanceId } : { id },
  };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function parseRunUrl(text: string) {
  const match = /^(https?:\/\/[^/]+)\/([^/]+)\/([^/]+)\/actions\/runs\/(\d+)([/?#].*)?$/.exec(text);
  if (!match) {
    throw new BadUsage(
      `"${text}" is neither the number of a run nor its URL (${githubUrl}/<owner>/<name>/actions/runs/<number>).`,
    );
  }
  return { origin: match[1]!, owner: match[2]!, repository: match[3]!, id: Number(match[4]) };
}

function parseRepository(text: string): { owner: string; repository: string } {
  const match = /^([\w.-]+)\/([\w.-]+)$/.exec(text);
  if (!match) throw new BadUsage(`"${text}" is not a repository: --repo takes <owner>/<name>.`);
  return { owner: match[1]!, repository: match[2]! };
}
