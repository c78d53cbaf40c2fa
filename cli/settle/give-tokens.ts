import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import type { SettleRequest } from "../../contract/requests.ts";
import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { FoundSecret } from "../clients/secrets.ts";
import type { Clock } from "../clock.ts";
import { tokenSecret } from "../fleet/token-secret.ts";
import type { Output } from "../terminal/output.ts";
import { tell, unsettled } from "./fleet-report.ts";
import type { FleetReport } from "./fleet-report.ts";

/** GitHub accepts a registration token for an hour. */
const tokenLifetimeMs = 3_600_000;

export interface TokenCollaborators {
  aws: Pick<Aws, "parameters">;
  github: Github;
  clock: Clock;
  output: Output;
}

/** Whether a machine that asks for a token has no usable one in its parameter. */
export function lacksToken(
  found: Pick<FoundSecret, "value" | "writtenAt"> | undefined,
  now: number,
): boolean {
  return !found || found.value === usedToken || now - found.writtenAt >= tokenLifetimeMs;
}

/**
 * Writes a registration token for each machine that asks for one, to a parameter
 * that only this machine may read. The machine reads it every few seconds,
 * registers, and overwrites the token.
 *
 * @throws ServiceError when GitHub or SSM refuses; the machines before it have theirs
 */
export async function giveTokens(
  { aws, github, clock, output }: TokenCollaborators,
  machines: readonly ObservedMachine[],
  { target, fleet, ownTags, kmsKeyArn }: Pick<SettleRequest, "target" | "fleet" | "ownTags" | "kmsKeyArn">,
  report: FleetReport,
): Promise<void> {
  const { environment } = target;
  const { secrets } = aws.parameters;
  let token: string | undefined;
  for (const machine of machines) {
    const { runner, instanceId } = machine;
    const name = tokenParameter(environment, fleet, instanceId);
    if (!lacksToken(await secrets.read(name), clock.now())) {
      const found = `Runner ${runner} has a token that it has not used yet: ${describeMachine(machine)}.`;
      tell(report, unsettled(`${found} ${nextStep}`));
      continue;
    }
    token ??= await github.runners.registrationToken(); // One token registers any number of machines.
    await secrets.write(name, tokenSecret({ environment, fleet, ownTags, kmsKeyArn }, machine, token));
    report.tokens.push(instanceId);
    output.say(`${runner} (${instanceId}) asked for a registration token, and one was written for it.`);
    const given = `Runner ${runner} (${instanceId}) was given a registration token, and registers with its own label alone.`;
    tell(report, unsettled(`${given} ${nextStep}`));
  }
}

const nextStep = "Run `longhaul settle` again in a few minutes. See docs/troubleshooting.md#needs-token.";
