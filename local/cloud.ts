import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { localCloudVariable } from "../contract/local-cloud.ts";
import type { LocalCloudOverlay } from "../contract/local-cloud.ts";
import type { MachineConfiguration } from "../contract/machine.ts";
import { written } from "../contract/written.ts";
import { createAws } from "./aws/index.ts";
import type { AwsCloud } from "./aws/index.ts";
import { createClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { commandProvider } from "./engine/command-provider.ts";
import { engineVariables } from "./engine/local-stack.ts";
import { serveProvider } from "./engine/provider-server.ts";
import { createFunctions } from "./functions/index.ts";
import { createGithub } from "./github/index.ts";
import type { GithubCloud, WireTimes } from "./github/index.ts";
import { installApp } from "./github/installed-app.ts";
import { noSharedFiles } from "./own-credentials.ts";
import type { MachineHost, MachineHostOptions } from "./machines/index.ts";
import { createMachineHost } from "./machines/index.ts";
import { buildRunnerTarball } from "./runner/tarball.ts";

/** An account number that no real account has. */
const account = "000000000000";
const region = "eu-central-1";
const runnerVersion = "2.338.0";
const repositories = ["app"];

/** In the cloud's folder: the private key of the GitHub App that is installed there. */
export const appKeyFile = "github-app.pem";

/**
 * The pace of a local machine's agent, in seconds. A real agent polls every 30
 * seconds and must be quiet for 180 before it leaves. Here it can be faster:
 * loopback does not throttle, and GitHub assigns a job within milliseconds.
 */
const localAgent: AgentPace = { pollSeconds: 0.5, quietSeconds: 1.5, spreadSeconds: 1, staySeconds: 5 };

/**
 * GitHub needs 90 seconds to notice that a runner is gone, and keeps its
 * session for four minutes. Here machines come and go within seconds.
 */
const githubNotices = { offlineAfterSeconds: 2, sessionLingerSeconds: 3 };

/** How fast a machine's agent reads, waits and leaves. */
export type AgentPace = Pick<
  MachineConfiguration,
  "pollSeconds" | "quietSeconds" | "spreadSeconds" | "staySeconds"
>;

export interface CloudOptions {
  /** Folder of everything that the cloud keeps: machines' disks, state, clock. */
  dir: string;
  /** Root of the project, where the stack's Commands run. */
  project: string;
  /** Path of the act program. */
  act: string;
  /** `PATH` and `HOME` for the stack's Commands. */
  base: { PATH: string; HOME: string };
  /**
   * ARN of the customer's key under which the account's disks are encrypted by
   * default. Absent: AWS's own key.
   */
  defaultDiskKey?: string;
  /** Values of the agent's pace that differ from the local ones. */
  agent?: Partial<AgentPace>;
  /** More variables for the processes of machines. */
  machineEnvironment?: Record<string, string>;
  /** GitHub's times that differ from the local ones. */
  wire?: Partial<WireTimes>;
  /** How long the machines' systemd takes for its steps. */
  systemd?: MachineHostOptions["systemd"];
  /**
   * Bytes of each machine's disk, which is then kept in memory. Absent: the disk
   * is a folder, as large as this computer's disk.
   */
  diskBytes?: number;
  /** Receives each line that Commands print while they run, and a line for each mail to people. */
  log?: (line: string) => void;
}

/** A whole AWS and GitHub on this computer. */
export interface LocalCloud {
  dir: string;
  clock: Clock;
  aws: AwsCloud;
  github: GithubCloud;
  /** The machines, for what happens to them without EC2: a pulled plug, a power cut. */
  machines: MachineHost;
  urls: { aws: string; github: string };
  /**
   * The variables with which an engine, a program or an operator's command works
   * on this cloud and on no other.
   */
  environment: Record<string, string>;
  /** Ends every process of the cloud. */
  close(): Promise<void>;
}

/** Starts the emulators on free ports of loopback. */
export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const { dir, project } = options;
  await mkdir(dir, { recursive: true });
  const clock = createClock(join(dir, "clock"));
  const tarball = buildRunnerTarball(join(dir, "runner"), runnerVersion);
  const app = await installApp(repositories, join(dir, appKeyFile));
  const token = `local_${randomBytes(20).toString("hex")}`;
  const github = createGithub({
    clock,
    tarball,
    tokens: { [token]: { login: "operator", scopes: ["repo", "workflow", "admin:org"] } },
    apps: [app],
    options: { repositories, providerToken: token, wire: { ...githubNotices, ...options.wire } },
  });
  const cutOff = new Map<string, () => void>();
  const machines = createMachineHost({
    dir: join(dir, "machines"),
    clock,
    ...(options.systemd && { systemd: options.systemd }),
    ...(options.diskBytes !== undefined && { diskBytes: options.diskBytes }),
    onNetwork: (machine, isUp) => {
      cutOff.get(machine)?.();
      cutOff.delete(machine);
      if (!isUp) cutOff.set(machine, github.faults.add({ kind: "cut-off", machine }));
    },
    environment: {
      LONGHAUL_ACT: options.act,
      LONGHAUL_RUNNER_RETRY_SECONDS: "1",
      ...options.machineEnvironment,
    },
  });
  const functions = createFunctions(
    { dir: join(dir, "functions"), clock, path: options.base.PATH },
    () => aws.queues,
  );
  const aws: AwsCloud = createAws({
    clock,
    account,
    region,
    host: machines,
    functions,
    ...(options.log && { onMail: options.log }),
    ...(options.defaultDiskKey !== undefined && { defaultDiskKey: options.defaultDiskKey }),
  });
  const [awsServer, githubServer] = await Promise.all([aws.listen(), github.listen()]);

  const environment: Record<string, string> = {
    ...options.base,
    ...noSharedFiles,
    AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: awsServer.url,
    GITHUB_TOKEN: token,
    [localCloudVariable]: JSON.stringify(
      written<LocalCloudOverlay>({
        account,
        region,
        endpoints: {
          ec2: awsServer.url,
          ssm: awsServer.url,
          monitoring: awsServer.url,
          logs: awsServer.url,
          dynamodb: awsServer.url,
          sqs: awsServer.url,
          sts: awsServer.url,
          iam: awsServer.url,
          budgets: awsServer.url,
        },
        githubUrl: githubServer.url,
        runnerUrl: `${githubServer.url}/actions/runner/releases/download/v${runnerVersion}/actions-runner-linux-x64-${runnerVersion}.tar.gz`,
        runnerSha256: tarball.sha256,
        agent: { ...localAgent, ...options.agent },
      }),
    ),
  };
  const command = commandProvider({
    directory: project,
    environment: () => environment,
    log: options.log ?? (() => undefined),
  });
  const servers = await Promise.all(
    [aws.provider, github.provider, command].map((provider) => serveProvider(provider, console.error)),
  );
  const [awsPort, githubPort, commandPort] = servers.map(({ port }) => port) as [number, number, number];
  Object.assign(
    environment,
    engineVariables(dir, { aws: awsPort, github: githubPort, command: commandPort }),
  );

  return {
    dir,
    clock,
    aws,
    github,
    machines,
    urls: { aws: awsServer.url, github: githubServer.url },
    environment,
    close: async () => {
      command.close();
      for (const server of servers) server.close();
      await functions.stop();
      await machines.stop();
      await Promise.all([awsServer.close(), githubServer.close()]);
    },
  };
}
