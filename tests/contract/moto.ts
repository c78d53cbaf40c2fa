import { execFile, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  DescribeImagesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
} from "@aws-sdk/client-ec2";
import { createClients, eventually } from "./target.ts";
import type { Target } from "./target.ts";

const run = promisify(execFile);

const version = "5.2.1";
const installLimitMs = 55_000;
const startLimitMs = 20_000;

/** Where moto is kept for the next time. */
const folder = join(homedir(), ".cache", "longhaul", `moto-${version}`);
/** Written by pip after everything moto needs: where it is, the installation is whole. */
const server = join(folder, "bin", "moto_server");

/** Starts moto's server, or says in a sentence why it cannot be had. */
export async function startMoto(environment: NodeJS.ProcessEnv): Promise<Target | string> {
  const missing = await install(environment);
  if (missing !== undefined) return missing;
  const port = await freePort();
  const child = spawn(server, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    env: { ...environment, PYTHONUNBUFFERED: "1" },
  });
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      resolve();
    }),
  );
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    kill();
    await ended;
  };
  try {
    return { ...(await prepare(`http://127.0.0.1:${port}`)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Why there is no moto; undefined when it is installed. */
async function install(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (existsSync(server)) return undefined;
  if (environment.LONGHAUL_MOTO !== "1" && environment.CI !== "true") {
    return `moto ${version} is not installed; LONGHAUL_MOTO=1 installs it (about 314 MB) to ${folder}`;
  }
  const python = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 8))";
  try {
    await run("python3", ["-c", python], { timeout: 10_000 });
  } catch {
    return "moto needs python3 ≥ 3.8 with venv";
  }
  rmSync(folder, { recursive: true, force: true });
  try {
    await run("python3", ["-m", "venv", folder], { timeout: 30_000 });
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      `moto[server]==${version}`,
    ];
    await run(join(folder, "bin", "python"), pip, { timeout: installLimitMs });
    return undefined;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `moto could not be installed: ${(error as Error).message.split("\n")[0]!}`;
  }
}

/** The default network of an empty account, and an image. */
async function prepare(endpoint: string): Promise<Omit<Target, "stop">> {
  const answers = () =>
    fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => undefined,
    );
  await eventually("moto answers", answers, startLimitMs);
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "any" };
  const { ec2 } = createClients({ endpoint, credentials });
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const { SubnetId: subnetId, VpcId: vpcId } = Subnets[0]!;
  const { SecurityGroups = [] } = await ec2.send(
    new DescribeSecurityGroupsCommand({ Filters: [{ Name: "vpc-id", Values: [vpcId!] }] }),
  );
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({ Filters: [{ Name: "architecture", Values: ["x86_64"] }] }),
  );
  return {
    endpoint,
    credentials,
    account: "123456789012",
    imageId: Images[0]!.ImageId!,
    subnetId: subnetId!,
    vpcId: vpcId!,
    securityGroupId: SecurityGroups[0]!.GroupId!,
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}
