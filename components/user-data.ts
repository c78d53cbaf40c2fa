import { brotliCompressSync, gzipSync } from "node:zlib";
import type { MachineConfiguration } from "../contract/machine.ts";
import type { MachineAssets } from "./assets.ts";

/** EC2's limit for user data, in bytes before base64. */
export const maxUserDataBytes = 16_384;

/**
 * A machine's user data: a bash script that puts the agent, the boot script
 * and what they are told in place and runs the boot script as a service, at
 * this and every later boot. A pure function of plain values, so that it can
 * be hashed into the machine's fingerprint.
 *
 * @throws when a value holds a NUL character, which no shell can carry
 */
export function renderUserData(machine: MachineConfiguration, assets: MachineAssets): string {
  return [
    "#!/bin/bash",
    "set -eu",
    "root=${LONGHAUL_ROOT:-}",
    'mkdir -p "$root/opt/longhaul" "$root/etc/longhaul" "$root/etc/systemd/system"',
    file("opt/longhaul/boot.sh", bare(assets.boot)),
    ...(machine.proxy || machine.caBundle !== undefined
      ? [file("opt/longhaul/connection.sh", bare(assets.connection))]
      : []),
    file("etc/longhaul/machine.json", JSON.stringify(toldToAgent(machine))),
    file("etc/longhaul/boot.env", bootVariables(machine)),
    bootUnit,
    // Last, because these are what packing makes base64 of: see compressUserData.
    file(agentPath, assets.agent),
    ...(machine.caBundle === undefined
      ? []
      : [file("etc/longhaul/ca-bundle.base64", certificates(machine.caBundle).join("\n"))]),
    "systemctl daemon-reload",
    "systemctl enable longhaul-boot.service",
    // The script waits for a token: cloud-init should not wait with it.
    "systemctl start --no-block longhaul-boot.service",
    "",
  ].join("\n");
}

/**
 * Packs user data as `userDataBase64` takes it: base64 of gzip, which cloud-init
 * unpacks by itself. The agent is packed as Brotli before, a tenth smaller,
 * which boot.sh unpacks as soon as it has a Node. This is not part of the text,
 * because another version of Node may pack in another way, and the text decides
 * the machine's fingerprint.
 *
 * @throws when it exceeds EC2's limit
 */
export function compressUserData(text: string): string {
  const [, before, , agent, after] = agentSection.exec(text) ?? ["", text];
  // Text and base64 are further apart than one table of codes can bridge: a member of gzip for each.
  const members = [before, ...(agent === undefined ? [] : [packedFile(agent) + after!])];
  const bytes = Buffer.concat(members.map((member) => gzipSync(member, { level: 9 })));
  if (bytes.length > maxUserDataBytes) {
    throw new Error(
      `The user data takes ${bytes.length} bytes compressed, and EC2 takes at most ${maxUserDataBytes}. ` +
        "Shorten the fleet's bootSteps or the CA bundle, or put them into an image of your own.",
    );
  }
  return bytes.toString("base64");
}

const agentPath = "opt/longhaul/agent.mjs";
/** What is before the agent's file, its text without the last line's end, what is after the file. */
const agentSection =
  /^([^]*\n)cat >"\$root\/opt\/longhaul\/agent\.mjs" <<'(END_OF_FILE_*)'\n([^]*?)\n\2(\n[^]*)$/;

/** The commands that write the agent as Brotli. */
function packedFile(agent: string): string {
  const base64 = brotliCompressSync(agent).toString("base64");
  return [`base64 -d >"$root/opt/longhaul/agent.br" <<END_OF_FILE`, base64, "END_OF_FILE"].join("\n");
}

/** All but what only boot.sh works with. */
function toldToAgent(machine: MachineConfiguration): object {
  const { environment, fleet, runner, instanceType, aws, github, user } = machine;
  const { pollSeconds, quietSeconds, spreadSeconds, staySeconds } = machine;
  const runnerSoftware = { selfUpdate: machine.runnerSoftware.selfUpdate };
  const what = { environment, fleet, runner, instanceType, aws, github, runnerSoftware, user };
  return { ...what, pollSeconds, quietSeconds, spreadSeconds, staySeconds };
}

/** The certificates of a PEM text, each as base64 in one line. */
function certificates(pem: string): string[] {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)];
  if (found.length === 0) throw new Error("network.caBundle holds no whole certificate: give PEM text.");
  return found.map(([, base64]) => base64!.replace(/\s/g, ""));
}

/** What boot.sh reads before there is anything on the machine that could read JSON. */
function bootVariables({ aws, runnerSoftware, proxy, ...machine }: MachineConfiguration): string {
  const values: Record<string, string> = {
    REGION: aws.region,
    EC2_ENDPOINT: aws.endpoints.ec2,
    RUNNER_USER: machine.user,
    BAKED: String(machine.baked),
    DOCKER: String(machine.docker),
    SUDO: String(machine.sudo),
    TARBALL_URL: runnerSoftware.url,
    TARBALL_SHA256: runnerSoftware.sha256.toLowerCase(),
    PROXY_HTTP: proxy?.http ?? "",
    PROXY_HTTPS: proxy?.https ?? "",
    PROXY_NONE: proxy?.noProxy.join(",") ?? "",
  };
  return [
    ...Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`),
    `BOOT_STEPS=(${machine.bootSteps.map(quote).join(" ")})`,
  ].join("\n");
}

/** A text as one word of a shell. */
function quote(text: string): string {
  if (text.includes("\0")) {
    throw new Error(`A value for the machine holds a NUL character: ${JSON.stringify(text)}`);
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The commands that write a file below the root, whatever is in it. */
function file(path: string, text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  let end = "END_OF_FILE";
  while (lines.includes(end)) end += "_";
  return [`cat >"$root/${path}" <<'${end}'`, ...lines, end].join("\n");
}

/** Without comments on lines of their own and without indentation: every byte counts, and no here document needs either. */
function bare(script: string): string {
  return script.replace(/^ *#(?!!).*\n/gm, "").replace(/^ +/gm, "");
}

const bootUnit = `cat >"$root/etc/systemd/system/longhaul-boot.service" <<END_OF_FILE
[Unit]
Description=Longhaul boot script
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/bash "$root/opt/longhaul/boot.sh"
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
END_OF_FILE`;
