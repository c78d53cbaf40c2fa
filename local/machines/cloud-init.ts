import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import { Failure, messageOf } from "../../contract/failure.ts";
import { defaultUserOf } from "./distributions.ts";

/*
 * The parts of cloud-init that matter here, read in its source
 * (canonical/cloud-init: helpers.py, stages.py, handlers/shell_script.py). At
 * each boot, before the services, it determines the instance and saves the user
 * data's script. After the services it runs that script, once for each
 * instance. A semaphore file marks that: it is created before the script
 * begins, and only its existence counts.
 */

export interface CloudInitHost {
  root: string;
  /** Base URL of the metadata service. */
  metadataUrl: string;
  environment: Record<string, string>;
  console(line: string): void;
}

/** Path below the instance's folder. */
const scriptFile = "scripts/part-001";
const semaphoreFile = "sem/config_scripts_user";

/** The stage before the services: determines the instance, and saves its script. */
export async function prepareInstance(host: CloudInitHost): Promise<void> {
  const { root, metadataUrl } = host;
  const read = await metadataReader(metadataUrl);
  const instanceId = (await read("meta-data/instance-id"))?.toString() ?? "";
  const cloud = join(root, "var/lib/cloud");
  const instance = join(cloud, "instances", instanceId);
  for (const file of [scriptFile, semaphoreFile])
    mkdirSync(dirname(join(instance, file)), { recursive: true });
  rmSync(join(cloud, "instance"), { force: true });
  symlinkSync(instance, join(cloud, "instance"));
  mkdirSync(join(cloud, "data"), { recursive: true });
  writeFileSync(join(cloud, "data/instance-id"), `${instanceId}\n`);
  makeDefaultUser(root, join(instance, "sem/config_users_groups"));
  const data = await read("user-data");
  if (!data) return;
  const script = unpackUserData(data);
  if (script.startsWith("#!")) writeFileSync(join(instance, scriptFile), script, { mode: 0o700 });
  else
    host.console(
      "cloud-init: Unhandled non-multipart (text/x-not-multipart) userdata: it does not start with #!",
    );
}

/**
 * Makes the default user of an image of the disk's system, once for each
 * instance. The user gets groups, and a rule for sudo that is appended to the
 * existing ones (cc_users_groups.py, distros/__init__.py,
 * config/cloud.cfg.tmpl).
 */
function makeDefaultUser(root: string, semaphore: string): void {
  const user = defaultUserOf(root);
  if (!user || existsSync(semaphore)) return;
  const { name, gecos, groups } = user;
  writeFileSync(semaphore, "");
  const add = (path: string, line: string) => {
    const file = join(root, "etc", path);
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (!text.includes(line)) writeFileSync(file, `${text}${line}\n`);
  };
  mkdirSync(join(root, "home", name), { recursive: true });
  add("passwd", `${name}:x:1000:1000:${gecos}:${root}/home/${name}:/bin/bash`);
  for (const group of groups) add("group", `${group}:${name}`);
  mkdirSync(join(root, "etc/sudoers.d"), { recursive: true });
  add("sudoers.d/90-cloud-init-users", `${name} ALL=(ALL) NOPASSWD:ALL`);
}

/** The last stage: runs the user data if this instance has not run it before. Returns false if it failed. */
export async function runUserData(host: CloudInitHost): Promise<boolean> {
  const instance = join(host.root, "var/lib/cloud/instance");
  const [script, semaphore] = [join(instance, scriptFile), join(instance, semaphoreFile)];
  if (existsSync(semaphore)) {
    host.console("cloud-init: the user data was run at an earlier boot");
    return true;
  }
  writeFileSync(semaphore, `${process.pid}\n`);
  return existsSync(script) ? runScript(script, host) : true;
}

/** User data as text. Like cloud-init, it recognises gzip by the first two bytes. */
export function unpackUserData(data: Buffer): string {
  return (data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data).toString("utf8");
}

async function runScript(file: string, host: CloudInitHost): Promise<boolean> {
  const child = spawn("bash", [file], {
    cwd: host.root,
    env: host.environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      host.console(`cloud-init: ${line}`);
    });
  }
  const failure = await new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(messageOf(error));
    });
    child.once("exit", (code, signal) => {
      resolve(code === 0 ? "" : `ended with ${signal ?? `status ${code}`}`);
    });
  });
  host.console(failure === "" ? "cloud-init: finished" : `cloud-init: Failed to run ${file}: ${failure}`);
  return failure === "";
}

/**
 * Returns a reader of metadata below `/latest/`, which uses a session token and
 * returns undefined for a path that does not exist.
 */
async function metadataReader(url: string): Promise<(path: string) => Promise<Buffer | undefined>> {
  const session = await fetch(`${url}/latest/api/token`, {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "300" },
  });
  const token = await session.text();
  return async (path) => {
    const response = await fetch(`${url}/latest/${path}`, { headers: { "x-aws-ec2-metadata-token": token } });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Failure(`The metadata service answered ${response.status} for ${path}.`);
    return Buffer.from(await response.arrayBuffer());
  };
}
