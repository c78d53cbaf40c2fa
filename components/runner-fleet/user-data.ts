import { gzipSync } from "node:zlib";
import { Failure } from "../../contract/failure.ts";
import type { AgentConfiguration } from "../../contract/agent.ts";
import type { MachineConfiguration } from "../../contract/machine.ts";
import { softwarePath } from "../../contract/parameters.ts";
import { written } from "../../contract/written.ts";
import type { MachineAssets } from "../assets/assets.ts";
import { softwareScript, softwareSha256 } from "./machine-software.ts";
import { bare, file, quote } from "./shell-text.ts";

/** EC2's limit for user data, in bytes before base64. */
export const maxUserDataBytes = 16_384;

/**
 * A machine's user data: a bash script that removes what an image may have
 * brought along from another machine, puts the boot script and the configuration
 * in place, and runs the boot script as a service, at this and every later boot.
 * It names the agent by its hash, and the boot script fetches the agent. This is
 * a pure function of plain values, so that it can be hashed into the machine's
 * fingerprint.
 *
 * @throws if a value holds a NUL character, which no shell can carry
 */
export function renderUserData(machine: MachineConfiguration, assets: MachineAssets): string {
  return [
    "#!/bin/bash",
    "root=${LONGHAUL_ROOT:-}",
    bare(assets.foreignDisk).trimEnd(),
    'mkdir -p "$root/opt/longhaul/boot" "$root/etc/longhaul" "$root/etc/systemd/system"',
    file("opt/longhaul/boot.sh", bare(assets.boot)),
    ...Object.entries(assets.bootParts).map(([name, text]) => file(`opt/longhaul/boot/${name}`, bare(text))),
    ...(machine.proxy || machine.caBundle !== undefined
      ? [file("opt/longhaul/connection.sh", bare(assets.connection))]
      : []),
    file("etc/longhaul/machine.json", JSON.stringify(toldToAgent(machine))),
    file("etc/longhaul/boot.env", bootVariables(machine, softwareSha256(softwareScript(assets)))),
    bootUnit,
    ...(machine.caBundle === undefined
      ? []
      : [file("etc/longhaul/ca-bundle.base64", certificates(machine.caBundle).join("\n"))]),
    "systemctl daemon-reload",
    "systemctl enable longhaul-boot.service",
    'echo "$self" >"$state/instance"',
    // Everything is on the disk before cloud-init may consider the user data run.
    "sync",
    ': >"$root/var/lib/cloud/instance/sem/config_scripts_user"',
    // The script waits for a token, and cloud-init should not wait with it.
    "systemctl start --no-block longhaul-boot.service",
    "",
  ].join("\n");
}

/**
 * Packs user data as `userDataBase64` expects it: base64 of gzip, which cloud-init
 * unpacks by itself. This is separate from the text, because another version of
 * Node may pack in another way, and the text decides the machine's fingerprint.
 *
 * @param runner the machine's runner, for the message
 * @throws if it exceeds EC2's limit
 */
export function compressUserData(text: string, runner: string): string {
  const bytes = gzipSync(text, { level: 9 });
  if (bytes.length > maxUserDataBytes) {
    throw new Failure(
      `The user data of ${runner} takes ${bytes.length} bytes compressed, and EC2 takes at most ${maxUserDataBytes}. ` +
        "Shorten the fleet's bootSteps, its everyBoot or the CA bundle, or put them into an image of your own.",
    );
  }
  return bytes.toString("base64");
}

/** The machine's configuration without what only boot.sh uses. */
function toldToAgent({ aws, github, runnerSoftware, ...machine }: MachineConfiguration): AgentConfiguration {
  return written<AgentConfiguration>({
    environment: machine.environment,
    fleet: machine.fleet,
    runner: machine.runner,
    instanceType: machine.instanceType,
    aws: {
      account: aws.account,
      region: aws.region,
      endpoints: aws.endpoints,
      kmsKeyArn: aws.kmsKeyArn,
    },
    github: { registrationUrl: github.registrationUrl, runnerGroup: github.runnerGroup },
    runnerSoftware: { selfUpdate: runnerSoftware.selfUpdate },
    user: machine.user,
    pollSeconds: machine.pollSeconds,
    quietSeconds: machine.quietSeconds,
    spreadSeconds: machine.spreadSeconds,
    staySeconds: machine.staySeconds,
  });
}

/** The certificates of a PEM text, each as base64 in one line. */
function certificates(pem: string): string[] {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)];
  if (found.length === 0) throw new Failure("network.caBundle holds no whole certificate: give PEM text.");
  return found.map(([, base64]) => base64!.replace(/\s/g, ""));
}

/** What boot.sh reads before the machine has anything that could read JSON. */
function bootVariables(
  { aws, runnerSoftware, proxy, ...machine }: MachineConfiguration,
  softwareHash: string,
): string {
  const values: Record<string, string> = {
    REGION: aws.region,
    EC2_ENDPOINT: aws.endpoints.ec2,
    SSM_ENDPOINT: aws.endpoints.ssm,
    SOFTWARE_PATH: softwarePath(machine.environment, machine.fleet, softwareHash),
    SOFTWARE_SHA256: softwareHash,
    RUNNER_USER: machine.user,
    BAKED: String(machine.baked),
    DOCKER: String(machine.docker),
    LIVE_RESTORE: String(machine.dockerLiveRestore),
    SUDO: String(machine.sudo),
    DISK_PERCENT: String(machine.diskPercent),
    TARBALL_URL: runnerSoftware.url,
    TARBALL_SHA256: runnerSoftware.sha256.toLowerCase(),
    PROXY_HTTP: proxy?.http ?? "",
    PROXY_HTTPS: proxy?.https ?? "",
    PROXY_NONE: proxy?.noProxy.join(",") ?? "",
  };
  return [
    ...Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`),
    `BOOT_STEPS=(${machine.bootSteps.map(quote).join(" ")})`,
    `EVERY_BOOT=(${machine.everyBoot.map(quote).join(" ")})`,
  ].join("\n");
}

/**
 * A first boot needs others (packages, GitHub, AWS), which may be down for a
 * while: it is retried until the boot timer powers the machine off.
 */
const bootUnit = `cat >"$root/etc/systemd/system/longhaul-boot.service" <<END_OF_FILE
[Unit]
Description=Longhaul boot script
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=/bin/bash "$root/opt/longhaul/boot.sh"
Restart=on-failure
RestartSec=300
StandardOutput=journal+console
[Install]
WantedBy=multi-user.target
END_OF_FILE`;
