import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Fault, traceOf } from "../../contract/failure.ts";
import { prepareInstance, runUserData } from "./cloud-init.ts";
import { serveControl } from "./control.ts";
import type { PowerDown } from "./host.ts";
import { parseSystemdTimes } from "./host.ts";
import { processesOf } from "./marker.ts";
import { createPower, delayLockFile } from "./power.ts";
import { endProcesses, processesEnded, signalProcesses } from "./processes.ts";
import { createServices } from "./services.ts";
import { putStockUnits } from "./stock-units.ts";
import type { Stopping } from "./stop-order.ts";

/*
 * Entry point: the first process of a machine, its cloud-init and its systemd.
 * It lives as long as the machine is up, but no longer than the local cloud:
 * when its parent ends in any way, it takes the machine with it.
 */

/**
 * Messages from init to the host. `network`: whether the machine's processes
 * can still reach anything outside.
 */
export type InitMessage = { console: string } | { network: boolean } | { down: PowerDown };

/** Milliseconds that processes have between SIGTERM and SIGKILL when the machine goes down (systemd: 90 s). */
const goDownMs = 500;

const environment = process.env as Record<string, string>;
const root = required("LONGHAUL_ROOT");
const tree = () => processesOf(root);
const tell = (message: InitMessage, then?: () => void) => {
  if (process.connected) process.send?.(message, undefined, undefined, then);
};
const say = (line: string) => {
  tell({ console: line });
};

process.once("disconnect", () => {
  void endProcesses(tree).finally(() => process.exit(1));
});

const times = parseSystemdTimes(required("LONGHAUL_SYSTEMD"));
const services = createServices(
  {
    root,
    environment,
    log(unit, line, toConsole) {
      appendFileSync(join(root, "var/log/journal", `${unit}.log`), `${new Date().toISOString()} ${line}\n`);
      if (toConsole) say(`${unit}: ${line}`);
    },
  },
  times.restartFactor,
);
/** The network is not a service here, but it ends where systemd would take it down. */
const network = new Map<string, Stopping>([
  ["network-online.target", { after: ["network.target"], before: [], stop: () => Promise.resolve() }],
  [
    "network.target",
    {
      after: [],
      before: [],
      stop: () => {
        tell({ network: false });
        return Promise.resolve();
      },
    },
  ],
]);

/** Makes the folders that a freshly installed system has. */
function prepareRoot(): void {
  const folders =
    "etc/systemd/system etc/sudoers.d home opt root run tmp usr/local/bin var/lib var/log/journal";
  for (const folder of folders.split(" ")) mkdirSync(join(root, folder), { recursive: true });
  process.chdir(root);
  rmSync("run", { recursive: true });
  mkdirSync("run");
  rmSync(".kernel", { recursive: true, force: true }); // State that a real machine's kernel keeps until it goes down.
  if (environment.LONGHAUL_MOUNTS)
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=20%", "tmpfs", "run"]);
  // Nothing writes to this pipe. `sleep` waits without a process of its own by reading it with a time limit.
  execFileSync("mkfifo", ["run/never"]);
}

async function boot(): Promise<void> {
  prepareRoot();
  const lock = { file: join(root, delayLockFile), maxMs: times.delayLockSeconds * 1000 };
  const power = createPower(Date.now, lock, (kind) => void goDown(kind));
  await serveControl("run/init.sock", services, power);
  say("boot");
  for (const name of putStockUnits(root)) services.enable(name);
  await services.startBeforeNetwork();
  tell({ network: true });
  const metadataUrl = required("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  const host = { root, environment, metadataUrl, console: say };
  await prepareInstance(host);
  // On Ubuntu and Debian cloud-final.service, which runs the user data, comes after multi-user.target.
  await services.startEnabled();
  await services.during("cloud-final.service", () => runUserData(host));
}

async function goDown(kind: PowerDown): Promise<void> {
  say(kind === "reboot" ? "rebooting" : "powering off");
  await services.halt(network);
  signalProcesses(tree(), "SIGTERM");
  if (!(await processesEnded(tree, goDownMs))) await endProcesses(tree);
  tell({ down: kind }, () => process.exit(0));
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Fault(`${name} is not set: the machine host must start init.`);
  return value;
}

boot().catch((error: unknown) => {
  say(`boot failed: ${traceOf(error)}`);
});
