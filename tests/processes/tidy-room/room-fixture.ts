import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import { bare } from "../../../components/runner-fleet/shell-text.ts";
import { createClock } from "../../../local/clock.ts";
import { ownPath } from "../../../local/own-files.ts";
import { put } from "../../unit/runtime/fixture.ts";
import { putCommands } from "../../unit/runtime/stand-ins.ts";

export interface RoomOptions {
  docker?: boolean;
  /** A shell command that prints the percentage of the disk in use. */
  used?: string;
  /** Files that an image or a boot step puts there, by their path below the home folder. */
  before?: Record<string, string>;
  /** The machine's node id, if it belongs to a Docker swarm from the start. */
  swarm?: string;
}

export interface RoomJob {
  /** Its folder below `_work`; default: `app`. */
  workspace?: string;
  /** A folder that the job has put in front of PATH. */
  path?: string;
}

/** A machine's disk on which the jobs' hooks are installed, with the local cloud's commands. */
export interface Room {
  root: string;
  /** Runs a hook as a worker would. `output` is the job's log, `worker` that worker's process id. */
  hook(
    name: "started" | "completed",
    job?: RoomJob,
  ): { status: number | null; output: string; worker: number };
  /** Starts a program as a job's step would. It ignores SIGTERM if `stubborn`. */
  leaveRunning(changes?: Record<string, string | undefined>, stubborn?: boolean): ChildProcess;
  /** Writes a file below the home folder. */
  home(path: string, text?: string): void;
  /** Makes a workspace, cache or other folder that was last used `daysAgo` days ago. */
  place(path: string, daysAgo: number): void;
  link(target: string, path: string): void;
  exists(path: string): boolean;
  read(path: string): string;
  close(): void;
}

/** Docker as far as the hooks use it: ids are files below `docker/<kind>`. */
const docker = `
cd "$LONGHAUL_ROOT/docker" && [[ ! -e dead ]] || exit 1
case "$1 $2" in
  'ps -aq') ls containers ;;
  'network ls') ls networks ;;
  'volume ls') ls volumes ;;
  'images -aq') ls images ;;
  'info -f') echo "$(ls swarm)" ;;
  'swarm leave') rm swarm/* ;;
  'rm -fv') cd containers && rm "\${@:3}" ;;
  'network rm') cd networks && rm "\${@:3}" ;;
  'volume rm') cd volumes && rm "\${@:3}" ;;
  'rmi -f') cd images && rm "\${@:3}" ;;
esac`;

export function openRoom({
  docker: hasDocker = false,
  used = "echo 50",
  before = {},
  swarm,
}: RoomOptions = {}): Room {
  const root = mkdtempSync(join(tmpdir(), "longhaul-room-"));
  const path = (name: string) => join(root, name);
  const clock = createClock(path("clock"), 60);
  for (const folder of ["tmp", "var/tmp", "dev/shm", "var/log", "run", "run/longhaul/jobs"])
    put(path(`${folder}/.keep`), "");
  for (const kind of ["containers", "networks", "volumes", "images"]) put(path(`docker/${kind}/ours`), "");
  put(path("docker/swarm/.keep"), "");
  if (swarm !== undefined) put(path(`docker/swarm/${swarm}`), "");
  execFileSync("mkfifo", [path("run/never")]);
  putCommands(path("commands"), {
    docker,
    df: `cd "$LONGHAUL_ROOT/home/runner" && echo Use% && echo "$(${used})% -"`,
    pgrep: `exec '${ownPath("machines/commands/pgrep")}' "$@"`,
    sudo: "exit 1",
  });
  const environment: Record<string, string | undefined> = {
    PATH: `${path("commands")}:${ownPath("machines/commands")}:${process.env.PATH!}`,
    LONGHAUL_ROOT: root,
    LONGHAUL_MACHINE: root,
    LONGHAUL_CLOCK: clock.file,
  };
  const asUser = { ...environment, LONGHAUL_USER: "runner", RUNNER_TRACKING_ID: "github_1" };
  put(path("etc/longhaul/boot.env"), `RUNNER_USER='runner'\nDOCKER='${hasDocker}'\nDISK_PERCENT='70'\n`);
  put(path("opt/longhaul/job-hooks.sh"), bare(readMachineAssets().hooks));
  put(path("home/runner/actions-runner/.env"), "");
  for (const [name, text] of Object.entries(before)) put(path(`home/runner/${name}`), text);
  execFileSync("bash", [path("opt/longhaul/job-hooks.sh"), "install"], { env: environment, stdio: "pipe" });
  const children: ChildProcess[] = [];

  return {
    root,
    hook(name, { workspace = "app", path: folders } = {}) {
      const folder = path(`home/runner/actions-runner/_work/${workspace}`);
      const env = {
        ...asUser,
        ...(folders !== undefined && { PATH: `${path(folders)}:${environment.PATH!}` }),
        RUNNER_WORKSPACE: folder,
        ...{ GITHUB_REPOSITORY: "acme/app", GITHUB_RUN_ID: "4711", GITHUB_RUN_ATTEMPT: "1" },
        ...{ GITHUB_JOB: "build", GITHUB_WORKFLOW: "Nightly run" },
      };
      // The shell in between is the worker. It must outlive the hook to return the hook's exit code.
      const script = 'bash --noprofile --norc -e -o pipefail "$1"; exit $?';
      const { status, stdout, stderr, pid } = spawnSync(
        "bash",
        ["-c", script, "worker", path(`opt/longhaul/job-${name}.sh`)],
        { env, cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }, // With one of Node's pipes as its input, bash would read ~/.bashrc.
      );
      return { status, output: stdout + stderr, worker: pid };
    },
    leaveRunning(changes = {}, stubborn = false) {
      const script = `${stubborn ? "trap '' TERM; " : ""}exec /bin/sleep 600`;
      const child = spawn("bash", ["-c", script], {
        env: { ...asUser, ...changes },
        stdio: "ignore",
        detached: true,
      });
      children.push(child);
      return child;
    },
    home(name, text = "") {
      put(path(`home/runner/${name}`), text);
    },
    place(name, daysAgo) {
      const place = path(`home/runner/${name}`);
      put(`${place}/content`, "");
      const at = Date.now() / 1000 - daysAgo * 86_400;
      utimesSync(place, at, at);
    },
    link(target, name) {
      put(path(`${name}.folder`), "");
      symlinkSync(path(target), path(name));
    },
    exists: (name) => lstatSync(path(name), { throwIfNoEntry: false }) !== undefined,
    read: (name) => readFileSync(path(name), "utf8"),
    close() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(root, { recursive: true, force: true });
    },
  };
}
