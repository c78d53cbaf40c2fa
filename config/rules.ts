import { localEnvironment } from "../contract/local-cloud.ts";
import type { Finding } from "./issues.ts";
import { limits } from "./limits.ts";
import { autoShutdownFindings, idleFindings, jobLimitFindings } from "./rules/auto-shutdown.ts";
import { awsFindings } from "./rules/aws.ts";
import { budgetFindings } from "./rules/budget.ts";
import { githubFindings } from "./rules/github.ts";
import { imageFindings } from "./rules/image.ts";
import { labelFindings } from "./rules/labels.ts";
import { localFindings } from "./rules/local.ts";
import { machineFindings } from "./rules/machine.ts";
import { environmentFindings, fleetNameFindings, generationFindings } from "./rules/names.ts";
import { networkFindings } from "./rules/network.ts";
import { priceFindings } from "./rules/price.ts";
import { repeated } from "./rules/repeated.ts";
import { runnerSoftwareFindings } from "./rules/runner-software.ts";
import { smokeTestFindings } from "./rules/smoke-test.ts";
import { tagFindings } from "./rules/tags.ts";
import { wakeOnDemandFindings } from "./rules/wake-on-demand.ts";
import type { FleetRuleInput } from "./rules/fleet-rule-input.ts";
import type { Configuration } from "./schema.ts";

/**
 * Every rule that needs more than one key, or more than a key's form.
 *
 * @param environment the stack's name
 * @param configuration of valid form, every default filled in
 * @param written the configuration before the defaults, which shows what was set and what was assumed
 */
export function judge(environment: string, configuration: Configuration, written: unknown): Finding[] {
  const { aws, github, network, fleets, smokeTest } = configuration;
  return [
    ...environmentFindings(environment),
    ...localFindings(environment, configuration),
    ...agentFindings(environment, configuration),
    ...idleFindings(environment, configuration),
    ...jobLimitFindings(environment, configuration),
    ...awsFindings(aws),
    ...alarmFindings(configuration),
    ...budgetFindings(configuration),
    ...githubFindings(github),
    ...networkFindings(network, written, aws.region),
    ...priceFindings(configuration),
    ...smokeTestFindings(smokeTest, github),
    ...tagFindings(configuration),
    ...wakeOnDemandFindings(configuration),
    ...Object.entries(fleets).flatMap(([name, fleet]) =>
      fleetFindings({ environment, name, fleet, path: ["fleets", name] }),
    ),
  ];
}

function fleetFindings(judged: FleetRuleInput): Finding[] {
  return [
    fleetNameFindings,
    generationFindings,
    labelFindings,
    machineFindings,
    imageFindings,
    runnerSoftwareFindings,
    autoShutdownFindings,
  ].flatMap((rule) => rule(judged));
}

/** A machine that leaves too soon can get a job that GitHub is just assigning to it. The local cloud's GitHub is faster. */
function agentFindings(environment: string, { agent }: Configuration): Finding[] {
  if (environment === localEnvironment || agent.quietSeconds >= limits.quietSeconds) return [];
  const message = `must be at least ${limits.quietSeconds}; it is ${agent.quietSeconds}`;
  return [{ path: ["agent", "quietSeconds"], message }];
}

function alarmFindings({ alarms: { emails } }: Pick<Configuration, "alarms">): Finding[] {
  return repeated(emails).map((index) => ({
    path: ["alarms", "emails", index],
    message: `"${emails[index]!}" is there already; remove one`,
  }));
}
