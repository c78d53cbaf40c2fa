import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";

/*
 * What cloud-init does of importance here: at the first boot of an instance it
 * fetches the user data, unpacks gzip, and runs the script in it. Its output
 * goes to the console.
 */

export interface CloudInitHost {
  root: string;
  /** Base URL of the metadata service. */
  metadataUrl: string;
  environment: Record<string, string>;
  console(line: string): void;
}

/** Runs the user data if this instance has not run it before. False: it failed. */
export async function runCloudInit(host: CloudInitHost): Promise<boolean> {
  const read = await metadataReader(host.metadataUrl);
  const instanceId = (await read("meta-data/instance-id"))?.toString() ?? "";
  const seen = join(host.root, "var/lib/cloud/data/instance-id");
  if (existsSync(seen) && readFileSync(seen, "utf8") === instanceId) {
    host.console("cloud-init: the user data was run at an earlier boot");
    return true;
  }
  mkdirSync(dirname(seen), { recursive: true });
  writeFileSync(seen, instanceId);
  const data = await read("user-data");
  if (!data) return true;
  const script = unpackUserData(data);
  if (!script.startsWith("#!")) {
    host.console(
      "cloud-init: Unhandled non-multipart (text/x-not-multipart) userdata: it does not start with #!",
    );
    return false;
  }
  const file = join(host.root, "var/lib/cloud/instance/scripts/part-001");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, script);
  chmodSync(file, 0o700);
  return runScript(file, host);
}

/** User data as text; gzip is known by its first two bytes, as cloud-init knows it. */
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
      resolve(error.message);
    });
    child.once("exit", (code, signal) => {
      resolve(code === 0 ? "" : `ended with ${signal ?? `status ${code}`}`);
    });
  });
  host.console(failure === "" ? "cloud-init: finished" : `cloud-init: Failed to run ${file}: ${failure}`);
  return failure === "";
}

/** Reads metadata below `/latest/` with a session token; undefined where there is nothing. */
async function metadataReader(url: string): Promise<(path: string) => Promise<Buffer | undefined>> {
  const session = await fetch(`${url}/latest/api/token`, {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "300" },
  });
  const token = await session.text();
  return async (path) => {
    const response = await fetch(`${url}/latest/${path}`, { headers: { "x-aws-ec2-metadata-token": token } });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`The metadata service answered ${response.status} for ${path}.`);
    return Buffer.from(await response.arrayBuffer());
  };
}
