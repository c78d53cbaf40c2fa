import type { AgentConfiguration } from "../../contract/agent.ts";
import type { UserAccount } from "./user-account.ts";
import { accountEnvironment, asUser } from "./user-account.ts";
import type { RunCommand } from "./command.ts";
import type { MachinePaths } from "./paths.ts";
import { isRegistered } from "./registration-files.ts";
import type { TokenParameter } from "./token.ts";

/** What came of one attempt to register. */
export type RegistrationResult =
  /** `tokenKept`: the error because of which the used token could not be overwritten. The machine is registered all the same. */
  | { outcome: "registered"; tokenKept?: unknown }
  /** There is no token to use: nobody has written one (`missing`), this machine has used it (`used`), or AWS denies it. */
  | { outcome: "no-token"; parameter: "missing" | "used" | { denied: string } }
  /** The token was used up without success. */
  | { outcome: "failed"; reason: string; tokenKept?: unknown };

export interface RegistrationHost {
  configuration: AgentConfiguration;
  /** The machine's name at GitHub, and the only label it registers with. */
  machine: string;
  paths: MachinePaths;
  account: UserAccount;
  token: TokenParameter;
  run: RunCommand;
  sleep(milliseconds: number): Promise<void>;
}

/** Tries with one token: GitHub or the way to it may be down for a moment. */
const maxTries = 5;
const retryMs = 10_000;
/** Before another try where GitHub answers 403: what it asks for after a secondary rate limit. */
const forbiddenRetryMs = 60_000;
/** config.sh talks to GitHub several times. */
const configTimeoutMs = 5 * 60_000;
/** At a first boot there may be gigabytes to write. */
const syncTimeoutMs = 5 * 60_000;

/**
 * Registers the runner once with the token in the machine's parameter. The
 * token reaches config.sh through its environment (a command line is for
 * everybody to read) and is overwritten whether or not it served. Where that
 * fails, the registration counts all the same: see {@link watchUsedToken}.
 *
 * @throws AwsError when the parameter cannot be read
 */
export async function register(host: RegistrationHost): Promise<RegistrationResult> {
  const found = await host.token.read();
  if (typeof found === "string" || "denied" in found) return { outcome: "no-token", parameter: found };
  const result = await tryConfigure(host, found.token);
  // Were the power cut before the registration is on the disk, there would be neither it nor a token.
  if (result.outcome === "registered") await host.run("sync", [], { timeoutMs: syncTimeoutMs });
  try {
    await host.token.markUsed();
  } catch (error) {
    return { ...result, tokenKept: error };
  }
  return result;
}

async function tryConfigure(
  host: RegistrationHost,
  token: string,
): Promise<Exclude<RegistrationResult, { outcome: "no-token" }>> {
  let forbidden = 0;
  for (let tries = 1; ; tries++) {
    await forgetRegistration(host);
    const { code, output } = await configure(host, token);
    if (code === 0 && isRegistered(host.paths)) return { outcome: "registered" };
    // GitHub answers "not found" to a token that it does not take: another try would not help. "Forbidden" is its answer to
    // too many requests as well.
    const answer = /Http response code: (NotFound|Unauthorized|Forbidden)/.exec(output)?.[1];
    const refused = answer === "Forbidden" ? ++forbidden > 1 : answer !== undefined;
    if (refused || tries === maxTries) return { outcome: "failed", reason: reasonOf(code, output, token) };
    await host.sleep(answer === "Forbidden" ? forbiddenRetryMs : retryMs * tries);
  }
}

/**
 * Takes away what an earlier registration has left, in full or in part. config.sh refuses to work where there is one of the
 * two settings' files, takes a key that it finds, and the listener prefers the migrated files of before to the new ones.
 * `config.sh remove --local` would leave a key that has lost its credentials.
 */
async function forgetRegistration({ paths, account, run }: RegistrationHost): Promise<void> {
  const [program, ...prefix] = asUser(account);
  const files = [paths.registration, ...paths.credentials, ...paths.migrated];
  await run(program, [...prefix, "rm", "-f", "--", ...files]);
}

function configure({ configuration, machine, paths, account, run }: RegistrationHost, token: string) {
  const { github, runnerSoftware } = configuration;
  const [program, ...prefix] = asUser(account);
  const parameters = [
    ...[...prefix, `${paths.runner}/config.sh`],
    // The name holds the instance's id: an entry of that name can only be this machine's own. It gets no
    // default label: a job for `self-hosted` must not meet a machine that is not proven.
    ...["--unattended", "--replace", "--no-default-labels"],
    ...(runnerSoftware.selfUpdate ? [] : ["--disableupdate"]),
  ];
  return run(program, parameters, {
    cwd: paths.runner,
    env: {
      ...accountEnvironment(account),
      ACTIONS_RUNNER_INPUT_URL: github.registrationUrl,
      ACTIONS_RUNNER_INPUT_TOKEN: token,
      ACTIONS_RUNNER_INPUT_NAME: machine,
      ACTIONS_RUNNER_INPUT_LABELS: machine,
      ACTIONS_RUNNER_INPUT_WORK: "_work",
      ...(github.runnerGroup !== undefined && { ACTIONS_RUNNER_INPUT_RUNNERGROUP: github.runnerGroup }),
    },
    timeoutMs: configTimeoutMs,
  });
}

/** The last line that config.sh printed, without the token. */
function reasonOf(code: number, output: string, token: string): string {
  const line = output.replaceAll(token, "***").trim().split("\n").at(-1) ?? "";
  return `config.sh ended with ${code}: ${line || "it printed nothing"}`;
}

/** What to say of a machine that has no token: why AWS denies it, where it does. */
export function tokenDetail(parameter: "missing" | "used" | { denied: string }): string {
  return typeof parameter === "string" ? "Waits for a registration token." : parameter.denied;
}
