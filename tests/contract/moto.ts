import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import {
  DescribeImagesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
} from "@aws-sdk/client-ec2";
import { howToInstall, pythonTool } from "../../scripts/test-tools/python-tools.ts";
import { createClients, eventually } from "./target.ts";
import type { Target } from "./target.ts";

/** Starts moto's server, or returns a sentence that says why it is not available. */
export async function startMoto(environment: NodeJS.ProcessEnv): Promise<Target | string> {
  const server = pythonTool("moto_server");
  if (server === undefined) return `moto is not installed. ${howToInstall}`;
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

/** The default network of an empty account, and an image. */
async function prepare(endpoint: string): Promise<Omit<Target, "stop">> {
  const answers = () =>
    fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => undefined,
    );
  await eventually("moto answers", answers);
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
