import { readFileSync } from "node:fs";
import { parseAgentConfiguration } from "../../contract/agent.ts";
import type { AgentCall } from "../../contract/agent-calls.ts";
import { Failure, traceOf } from "../../contract/failure.ts";
import { machineName } from "../../contract/names.ts";
import { awsClient } from "../aws/client.ts";
import { instanceCredentials } from "../aws/credentials.ts";
import { sendHttp } from "../aws/http.ts";
import { metadataEndpoint, metadataReader } from "../aws/metadata.ts";
import { readAccount } from "./user-account.ts";
import { systemClock } from "./clock.ts";
import { commandRunner } from "./command.ts";
import { endListener } from "./end-listener.ts";
import { watchFleet } from "./fleet-watch.ts";
import { watchIncidents } from "./incidents.ts";
import { ledgerFiles } from "./ledger-files.ts";
import { machineLedger } from "./ledger.ts";
import { adoptListener, signalListener } from "./listener.ts";
import { watchListener } from "./listener-watch.ts";
import { measure, publishMetrics } from "./metrics.ts";
import { refuseForeignDisk } from "./own-disk.ts";
import { configurationPath, pathsBelow } from "./paths.ts";
import { machinePower } from "./power.ts";
import { processTable } from "./processes.ts";
import { reachGithub } from "./reach-github.ts";
import { registerAtBoot } from "./register-at-boot.ts";
import { register } from "./registration.ts";
import { diskFullSentence, diskBallast } from "./ballast.ts";
import { runnerLogs } from "./runner-logs.ts";
import { readSettings } from "./settings.ts";
import { sleepTime } from "./sleep-time.ts";
import { stateTags } from "./state-tags.ts";
import { supervise } from "./supervisor.ts";
import { machineToken } from "./token.ts";
import { watchUsedToken } from "./used-token.ts";

/*
 * Entry point of the agent: `node agent.mjs` supervises the runner,
 * `node agent.mjs register` registers it, and `node agent.mjs end-listener` ends
 * the listener of a machine that is powered off from outside. No other module
 * reads the process's environment.
 */

const environment = process.env as Record<string, string>;
const root = environment.LONGHAUL_ROOT ?? "";
const proc = "/proc";
const clock = systemClock;
const log = (line: string) => {
  process.stdout.write(`${line}\n`);
};

/** The line that `end-listener` prints. */
const endWords = {
  listener: "The machine shuts down: the listener was ended.",
  worker: "The machine shuts down: the worker was ended.",
  "nothing runs": "No listener runs.",
  "stays up": "The machine does not shut down, so a listener that runs is left alone.",
} as const;

async function main(command: string | undefined): Promise<void> {
  const configuration = parseAgentConfiguration(readFileSync(configurationPath(root), "utf8"));
  const { runner, pollSeconds, user, aws: place } = configuration;
  const quietMs = configuration.quietSeconds * 1000;
  const paths = pathsBelow(root, user);
  const processes = processTable(proc, paths.runner);
  const run = commandRunner(environment);
  if (command === "end-listener") {
    log(endWords[await endListener({ paths, processes }, run, clock)]);
    return;
  }
  const thaw = () => {
    const listener = adoptListener({ paths, processes });
    if (listener) signalListener(listener, "SIGCONT");
  };
  // An agent that was killed in the milliseconds of a freeze has left the listener frozen, and the next steps may take time.
  thaw();
  process.once("SIGTERM", () => {
    try {
      // systemd may stop the agent in those milliseconds: nothing else would thaw the listener.
      thaw();
    } finally {
      process.exit();
    }
  });
  const metadata = metadataReader(
    environment.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? metadataEndpoint,
    sendHttp,
  );
  const instanceId = await metadata("meta-data/instance-id");
  refuseForeignDisk(paths.owner, instanceId);
  const machine = machineName(runner, instanceId);
  const aws = awsClient<AgentCall>({
    region: place.region,
    endpoints: { ...place.endpoints, cloudwatch: place.endpoints.monitoring },
    credentials: instanceCredentials(metadata, clock.now),
    send: sendHttp,
    clock,
    random: Math.random,
  });
  const account = await readAccount(user, run);
  const token = machineToken(configuration, instanceId, aws);
  const tags = stateTags(instanceId, aws, clock, log);
  const registration = { configuration, machine, paths, account, token, run, sleep: clock.sleep };

  if (command === "register") return registerAtBoot({ ...registration, clock, tags, log });
  if (command !== undefined)
    throw new Failure(`The agent knows no command "${command}": only register and end-listener.`);

  const ledger = machineLedger({
    configuration,
    machine,
    files: ledgerFiles({ written: paths.ledgerMark, waiting: paths.ledgerWaiting }, machine, log),
    bootMark: paths.bootMark,
    clock,
    aws,
    log,
  });
  const listener = watchListener(
    {
      ...{ paths, account, machine, processes, environment, clock, quietMs, run, log },
      reachGithub: () => reachGithub(paths.registration, sendHttp),
    },
    ledger.add,
  );
  const incidents = watchIncidents(clock, log);
  const fleet = watchFleet({
    machine: { runner, instanceId },
    pollSeconds,
    listedMark: paths.listedMark,
    readSettings: () => readSettings(configuration, aws),
    incidents,
    clock,
    log,
  });
  await supervise({
    listener,
    fleet,
    sleepTime: sleepTime(configuration, clock, Math.random),
    power: machinePower(
      instanceId,
      { ending: paths.endingMark, poweringOff: paths.poweringOffMark },
      aws,
      run,
    ),
    tags,
    ledger,
    ballast: diskBallast(paths.ballast, run, () => {
      incidents.happened("diskFull", diskFullSentence);
    }),
    runnerLogs: runnerLogs(paths.diagnostics, clock, incidents),
    register: () => register(registration),
    overwriteUsedToken: watchUsedToken({ registration: paths.registration, token, incidents, clock, log }),
    incidents,
    publish: async (values, incidents) => {
      const measured = await measure(proc, paths.root);
      await publishMetrics(configuration, { ...values, ...measured }, incidents, aws);
    },
    pollSeconds,
    quietMs,
    clock,
    log,
  });
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`The agent ends: ${traceOf(error)}\n`);
  process.exitCode = 1;
});
