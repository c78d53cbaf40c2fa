import { shutdownSetting } from "../../components/auto-shutdown/auto-shutdown.ts";
import { controllerConfiguration } from "../../components/fleet-controller/controller-configuration.ts";
import {
  budgetStatements,
  controllerStatements,
  demandStatements,
} from "../../components/fleet-controller/controller-policy.ts";
import { loadConfiguration } from "../../config/load.ts";
import { idleTimeoutWords } from "../../contract/last-words.ts";
import { meterParameter, parseMeter, spentInMonth } from "../../contract/meter.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import { waitingJobsTable } from "../../contract/names.ts";
import { fleetParameters, formatMachineList, initialPower, parsePower } from "../../contract/parameters.ts";
import type { PowerSetting } from "../../contract/parameters.ts";
import { initialOverrideSetting } from "../../contract/override.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { Instance } from "../../local/aws/state.ts";
import { sendHttp } from "../../runtime/aws/http.ts";
import { controllerAws } from "../../runtime/functions/controller/aws.ts";
import { control } from "../../runtime/functions/controller/controller.ts";
import { readEc2Answer } from "../../runtime/functions/controller/ec2-answers.ts";
import { writeJobState } from "../../runtime/functions/job-table.ts";
import { account, region, startTestCloud } from "./aws/cloud.ts";
import type { TestCloud } from "./aws/cloud.ts";

const minute = 60_000;
const environment = "dev";
const fleet = "cloud";
const table = waitingJobsTable(environment);

/** An environment with one fleet and its controller, which has its role's permissions, over HTTP. */
export interface Controlled {
  cloud: TestCloud;
  machines: Instance[];
  /** Calls the controller a minute after the last call. Resolves to its error's text, or undefined. */
  minute: () => Promise<string | undefined>;
  /** Calls the controller until this many minutes have passed. */
  minutes: (count: number) => Promise<void>;
  /** The metrics of the last call. */
  metrics: () => Record<string, number>;
  /** The log of all calls, without metrics. */
  log: () => string;
  meter: () => MeterRecord;
  spent: () => number;
  power: () => PowerSetting | undefined;
  /** How many starts were requested. */
  starts: () => number;
  /** Queues a job with the fleet's labels. */
  queue: (id: string) => Promise<void>;
  /** The table's item of a job. */
  job: (id: string) => Record<string, { S?: string; N?: string }>;
  close: () => Promise<void>;
}

export interface ControlledOptions {
  /** Number of machines, all of them asleep. */
  machines?: number;
  /** How many of them must be awake, with or without jobs. Default: none. */
  minimumAwake?: number;
  /** More of the configuration. */
  configuration?: Record<string, unknown>;
  /** More of the fleet's configuration. */
  fleet?: Record<string, unknown>;
}

export async function startControlled(options: ControlledOptions = {}): Promise<Controlled> {
  const cloud = await startTestCloud();
  const { clock } = cloud;
  clock.advance(untilTenth(clock.now()));
  const autoShutdown = { idleMinutes: 30, minimumAwake: options.minimumAwake ?? 0 };
  const configuration = loadConfiguration(environment, {
    aws: { account, region },
    github: { repository: "acme/app" },
    fleets: { [fleet]: { labels: ["cloud"], ...options.fleet, autoShutdown } },
    wakeOnDemand: { enabled: true },
    ...options.configuration,
  });
  await cloud.make("table", { name: table, hashKey: "id" });
  const { aws: place } = configuration;
  const policy = [
    ...controllerStatements(environment, place, []),
    ...demandStatements(environment, place, `arn:aws:sqs:${region}:${account}:controller`),
    ...budgetStatements(environment, place),
  ];
  await cloud.make("role", { name: "controller", path: "/longhaul/" });
  await cloud.make("rolePolicy", {
    role: "controller",
    name: "controller",
    policy: JSON.stringify({ Version: "2012-10-17", Statement: policy }),
  });
  await cloud.make("instanceProfile", { name: "controller", path: "/longhaul/", role: "controller" });
  const machines: Instance[] = [];
  for (let number = 1; number <= (options.machines ?? 1); number++) {
    const machine = await cloud.machine({
      tags: {
        [tags.project]: projectTag,
        [tags.environment]: environment,
        [tags.fleet]: fleet,
        [tags.runner]: `${environment}-${fleet}-${number}`,
      },
    });
    goToSleep(cloud, machine);
    machines.push(machine);
  }
  const names = fleetParameters(environment, fleet);
  const values = {
    [names.candidates]: formatMachineList(machines.map(({ id }) => id)),
    [names.roster]: formatMachineList(machines.map(({ id }) => id)),
    [names.power]: JSON.stringify(initialPower),
    [names.override]: JSON.stringify(initialOverrideSetting),
    [names.limits]: JSON.stringify(shutdownSetting(configuration.fleets[fleet]!.autoShutdown)),
    [meterParameter(environment)]: "{}",
  };
  for (const [name, value] of Object.entries(values))
    await cloud.make("parameter", { name, type: "String", value });

  // A machine outside the fleet provides the key of the controller's role.
  const { id: lender } = await cloud.machine({ iamInstanceProfile: "controller", tags: {} });
  const key = cloud.aws.credentialsOf(lender)!;
  const awsWithin = controllerAws(
    {
      region,
      endpoints: { dynamodb: cloud.url, ec2: cloud.url, ssm: cloud.url, budgets: cloud.url },
      credentials: () => Promise.resolve({ ...key, sessionToken: key.token! }),
      send: sendHttp,
      clock: { now: Date.now, sleep: () => Promise.resolve() },
      random: () => 0,
      readXml: readEc2Answer,
    },
    () => performance.now(),
  );
  const lines: string[] = [];
  const parameter = (name: string) => cloud.aws.account.parameters[name]?.value;

  const callOnce = async (): Promise<string | undefined> => {
    clock.advance(minute);
    try {
      await control(
        {
          configuration: controllerConfiguration(environment, configuration),
          awsWithin,
          send: () => Promise.reject(new Error("no GitHub is configured")),
          now: () => clock.now(),
          elapsed: () => 0,
          sleep: () => Promise.resolve(),
          kept: {},
          log: (line) => lines.push(line),
        },
        {},
      );
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  return {
    cloud,
    machines,
    minute: callOnce,
    minutes: async (count) => {
      for (let passed = 0; passed < count; passed++) await callOnce();
    },
    metrics: () => JSON.parse(lines.filter((line) => line.startsWith("{")).at(-1)!) as Record<string, number>,
    log: () => lines.filter((line) => !line.startsWith("{")).join("\n"),
    meter: () => parseMeter(parameter(meterParameter(environment)))!,
    spent: () => spentInMonth(parseMeter(parameter(meterParameter(environment)))!),
    power: () => parsePower(parameter(names.power)),
    starts: () => cloud.aws.calls().filter(({ action }) => action === "ec2:StartInstances").length,
    queue: async (id) => {
      const queuedAt = Math.floor(clock.now() / 1000);
      const labels = ["self-hosted", "cloud"];
      const report = { id, repository: "acme/app", labels, state: "queued", queuedAt } as const;
      await writeJobState(table, report, clock.now(), awsWithin(10_000));
    },
    job: (id) => cloud.aws.account.tables[table]![id] as Record<string, { S?: string; N?: string }>,
    close: () => cloud.close(),
  };
}

/** A machine goes to sleep because it has no jobs, and reports that. */
export function goToSleep({ clock, host }: TestCloud, machine: Instance): void {
  const since = new Date(clock.now()).toISOString();
  Object.assign(machine.tags, {
    [tags.state]: "asleep",
    [tags.since]: since,
    [tags.detail]: idleTimeoutWords,
  });
  host.goDown(machine.id, "poweroff");
}

/** Milliseconds until noon of the next month's tenth day: far from the turn of a month. */
function untilTenth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 10, 12) - now;
}
