import type { AgentConfiguration } from "../../contract/agent.ts";
import type { UserAccount } from "./user-account.ts";
import { accountEnvironment, asUser } from "./user-account.ts";
import type { RunCommand } from "./command.ts";
import type { MachinePaths } from "./paths.ts";
import { isRegistered } from "./registration-files.ts";
import type { TokenParameter } from "./token.ts";

/** The result of one attempt to register. */
export type RegistrationResult =
  /** `tokenKept`: why the used token could not be overwritten. The machine is registered all the same. */
  | { outcome: "registered"; tokenKept?: unknown }
  /** There is no token to use: none was written (`missing`), this machine has used it (`used`), or AWS denies access (`denied`). */
  | { outcome: "no-token"; parameter: "missing" | "used" | { denied: string } }
  /** The token was used without success. */
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

/** Tries with one token: GitHub or the route to it may be down for a moment. */
const maxTries = 5;
const retryMs = 10_000;
/** Milliseconds before another try after a 403: what GitHub asks for after a secondary rate limit. */
const forbiddenRetryMs = 60_000;
/** config.sh talks to GitHub several times. */
const configTimeoutMs = 5 * 60_000;
/** At a first boot there may be gigabytes to write. */
const syncTimeoutMs = 5 * 60_000;

/**
 * Registers the runner once with the token in the machine's parameter. The token
 * reaches config.sh through its environment, because every user can read a
 * command line. It is overwritten whether or not it worked. If that fails, the
 * registration still counts: see {@link watchUsedToken}.
 *
 * @throws AwsError if the parameter cannot be read
 */
export async function register(host: RegistrationHost): Promise<RegistrationResult> {
  const found = await host.token.read();
  if (typeof found === "string" || "denied" in found) return { outcome: "no-token", parameter: found };
  const result = await tryConfigure(host, found.token);
  // If the power were cut before the registration is on the disk, there would be neither a registration nor a token.
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
    // GitHub answers "not found" to a token that it does not accept: another try would not help. It answers "forbidden" to
    // too many requests as well.
    const answer = /Http response code: (NotFound|Unauthorized|Forbidden)/.exec(output)?.[1];
    const refused = answer === "Forbidden" ? ++forbidden > 1 : answer !== undefined;
    if (refused || tries === maxTries) return { outcome: "failed", reason: reasonOf(code, output, token) };
    await host.sleep(answer === "Forbidden" ? forbiddenRetryMs : retryMs * tries);
  }
}

/**
 * Removes what an earlier registration has left, in full or in part. config.sh refuses to work if either of the two
 * settings files exists, and uses a key that it finds; the listener prefers old migrated files to new ones.
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

/** The detail of a machine without a token: why AWS denies access, if it does. */
export function tokenDetail(parameter: "missing" | "used" | { denied: string }): string {
  return typeof parameter === "string" ? "Waits for a registration token." : parameter.denied;
}
