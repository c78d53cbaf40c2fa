import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EC2Client, RebootInstancesCommand } from "@aws-sdk/client-ec2";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import { machinePolicy } from "../../../components/runner-fleet/machine-policy.ts";
import {
  packSoftware,
  softwareScript,
  softwareSha256,
} from "../../../components/runner-fleet/machine-software.ts";
import { compressUserData, renderUserData } from "../../../components/runner-fleet/user-data.ts";
import type { MachineConfiguration } from "../../../contract/machine.ts";
import type { Power } from "../../../contract/parameters.ts";
import {
  fleetParameters,
  formatMachineList,
  initialPower,
  softwarePath,
  tokenParameter,
} from "../../../contract/parameters.ts";
import { initialOverrideSetting } from "../../../contract/override.ts";
import type { MachineState } from "../../../contract/tags.ts";
import { tags } from "../../../contract/tags.ts";
import type { Instance } from "../../../local/aws/state.ts";
import { ownPath } from "../../../local/own-files.ts";
import type { CloudOptions, LocalCloud } from "../../../local/cloud.ts";
import { startCloud } from "../../../local/cloud.ts";
import type { Properties } from "../../../local/provider.ts";
import { eventually } from "../../environment.ts";
import { machine } from "../../unit/user-data/machine.ts";
import { types } from "../../local/aws/cloud.ts";

const run = promisify(execFile);
const environment = "dev";
const fleet = "cloud";

/** A fleet's machines on the whole local cloud without an engine. This module makes the resources that the stack would make. */
export interface MachineCloud {
  cloud: LocalCloud;
  /** The machines' configuration. A launch may change it. */
  configuration: MachineConfiguration;
  /** Launches a machine, writes it a token and puts it on the roster. */
  launch(changes?: LaunchChanges): Promise<Instance>;
  /** Sets the fleet's power, as the controller does. */
  power(power: Power): Promise<void>;
  /** Pulls a machine's plug for good, and takes it off the roster. */
  remove(instance: Instance): Promise<void>;
  /** A client with the operator's key. */
  ec2: EC2Client;
  /** Cuts a machine's power, and starts it again. */
  cutPower(instance: Instance): Promise<void>;
  /** Waits until the machine reports one of these states. */
  state(instance: Instance, ...states: MachineState[]): Promise<void>;
  stateOf(instance: Instance): MachineState | undefined;
  /** The text of a file on a machine's disk, or undefined if it does not exist. */
  read(instance: Instance, path: string): string | undefined;
  /** Writes a file onto a machine's disk. */
  write(instance: Instance, path: string, text: string): void;
  /** Runs a system command on a machine, as root there would: `shutdown -h now`. */
  onMachine(instance: Instance, command: string, ...words: string[]): Promise<void>;
  /** Runs a script as the runner's user, as a step of a job would. Resolves with its output, or rejects if it fails. */
  asJob(instance: Instance, script: string): Promise<string>;
  /** The number of runners that GitHub lists for a machine. */
  entriesOf(instance: Instance): number;
  close(): Promise<void>;
}

export interface LaunchChanges {
  configuration?: Partial<MachineConfiguration>;
  imageId?: string;
  /** Whether no token is written for the machine. */
  withoutToken?: boolean;
  /** Shell lines that run before the user data's, to put there what an image brings. `$root` is the machine's root. */
  before?: string;
  /** The text of its user data, in place of the stack's. */
  userData?: string;
}

export async function startMachineCloud(
  options: Partial<Pick<CloudOptions, "agent" | "machineEnvironment" | "systemd">> = {},
): Promise<MachineCloud> {
  const dir = mkdtempSync(join(tmpdir(), "longhaul-machine-cloud-"));
  const base = { PATH: process.env.PATH ?? "", HOME: dir };
  const cloud = await startCloud({ dir, project: process.cwd(), act: "/bin/false", base, ...options });
  const place = JSON.parse(cloud.environment.LONGHAUL_LOCAL!) as {
    account: string;
    region: string;
    endpoints: MachineConfiguration["aws"]["endpoints"];
    githubUrl: string;
    runnerUrl: string;
    runnerSha256: string;
    agent: Pick<MachineConfiguration, "pollSeconds" | "quietSeconds" | "spreadSeconds" | "staySeconds">;
  };
  const { account, region, endpoints } = place;
  const configuration: MachineConfiguration = {
    ...machine,
    aws: { account, region, endpoints },
    github: { registrationUrl: `${place.githubUrl}/acme/app` },
    runnerSoftware: {
      version: "2.338.0",
      url: place.runnerUrl,
      sha256: place.runnerSha256,
      selfUpdate: false,
    },
    docker: false,
    ...place.agent,
  };
  const make = (type: keyof typeof types, inputs: Properties) =>
    cloud.aws.provider.types[types[type]]!.create(inputs, {});
  const put = (name: string, value: string, more: Properties = {}) =>
    make("parameter", { name, type: "String", value, overwrite: true, ...more });

  const vpcId = (await make("vpc", { cidrBlock: "10.42.0.0/16" })).id;
  const zone = { availabilityZone: `${region}a`, mapPublicIpOnLaunch: true };
  const subnetId = (await make("subnet", { vpcId, cidrBlock: "10.42.0.0/18", ...zone })).id;
  const securityGroupId = (await make("securityGroup", { vpcId, name: "machines" })).id;
  await make("role", { name: "machines", path: "/longhaul/" });
  const policy = JSON.stringify(machinePolicy(environment, fleet, { account, region, partition: "aws" }));
  await make("rolePolicy", { role: "machines", name: "machine", policy });
  await make("instanceProfile", { name: "machines", path: "/longhaul/", role: "machines" });
  await make("logGroup", { name: `/longhaul/${environment}/${fleet}` });

  const names = fleetParameters(environment, fleet);
  await put(names.power, JSON.stringify(initialPower));
  await put(names.override, JSON.stringify(initialOverrideSetting));
  await put(names.limits, JSON.stringify({ minimumAwake: 0 }));
  const assets = readMachineAssets();
  const software = softwareScript(assets);
  const path = softwarePath(environment, fleet, softwareSha256(software));
  for (const [index, piece] of packSoftware(software).entries()) await put(`${path}/${index}`, piece);

  const serve = async (...machines: readonly Instance[]) => {
    const list = formatMachineList(machines.map(({ id }) => id));
    await put(names.candidates, list);
    await put(names.roster, list);
  };
  const registrationToken = async () => {
    const url = `${cloud.urls.github}/api/v3/repos/acme/app/actions/runners/registration-token`;
    const headers = { authorization: `Bearer ${cloud.environment.GITHUB_TOKEN}` };
    const answer = await fetch(url, { method: "POST", headers });
    return ((await answer.json()) as { token: string }).token;
  };
  const credentials = cloud.aws.operator;
  const ec2 = new EC2Client({ region, endpoint: cloud.urls.aws, credentials });
  const served: Instance[] = [];
  const stateOf = (instance: Instance) => instance.tags[tags.state] as MachineState | undefined;
  const disk = ({ id }: Instance) => join(realpathSync(join(cloud.dir, "machines")), id);

  return {
    cloud,
    configuration,
    power: async (power) => {
      await put(names.power, JSON.stringify({ ...initialPower, power }));
    },
    stateOf,
    onMachine: async (instance, command, ...words) => {
      const env = { PATH: base.PATH, LONGHAUL_ROOT: disk(instance) };
      await run(ownPath(`machines/commands/${command}`), words, { env, timeout: 20_000 });
    },
    asJob: async (instance, script) => {
      const path = `${ownPath("machines/commands")}:${base.PATH}`;
      const env = { PATH: path, LONGHAUL_ROOT: disk(instance), LONGHAUL_USER: configuration.user };
      const home = join(disk(instance), "home", configuration.user);
      return (await run("bash", ["-c", script], { env, cwd: home, timeout: 20_000 })).stdout;
    },
    launch: async (changes = {}) => {
      const { imageId = "ami-0123456789abcdef0", withoutToken = false } = changes;
      const rendered =
        changes.userData ?? renderUserData({ ...configuration, ...changes.configuration }, assets);
      const text = rendered.replace(/^root=.*\n/m, (line) => `${line}${changes.before ?? ""}`);
      const { id } = await make("instance", {
        ami: imageId,
        instanceType: "m5.xlarge",
        subnetId,
        vpcSecurityGroupIds: [securityGroupId],
        iamInstanceProfile: "machines",
        disableApiTermination: true,
        disableApiStop: true,
        instanceInitiatedShutdownBehavior: "stop",
        userDataBase64: compressUserData(text, configuration.runner),
        tags: { [tags.project]: "longhaul", [tags.fleet]: fleet },
      });
      const instance = cloud.aws.account.instances[id]!;
      served.push(instance);
      await serve(...served);
      if (!withoutToken) {
        await put(tokenParameter(environment, fleet, id), await registrationToken(), {
          type: "SecureString",
          overwrite: false,
          tags: { [tags.instance]: id },
        });
      }
      return instance;
    },
    remove: async (instance) => {
      await cloud.machines.kill(instance.id);
      served.splice(served.indexOf(instance), 1);
      await serve(...served);
    },
    ec2,
    cutPower: async ({ id }) => {
      await cloud.machines.cutPower(id);
      await ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    },
    state: (instance, ...states) =>
      eventually(
        `${instance.id} to be ${states.join(" or ")} (it is ${stateOf(instance) ?? "silent"})`,
        () => states.includes(stateOf(instance)!),
        30_000,
      ),
    read: (instance, file) => {
      try {
        return readFileSync(join(disk(instance), file), "utf8");
      } catch {
        return undefined;
      }
    },
    write: (instance, file, text) => {
      writeFileSync(join(disk(instance), file), text);
    },
    entriesOf: ({ id }) => cloud.github.runners().filter(({ name }) => name.endsWith(id)).length,
    close: async () => {
      ec2.destroy();
      await cloud.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
