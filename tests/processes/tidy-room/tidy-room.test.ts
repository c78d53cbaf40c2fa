import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../machines/machine-fixture.ts";
import type { Room, RoomOptions } from "./room-fixture.ts";
import { openRoom } from "./room-fixture.ts";

const work = "home/runner/actions-runner/_work";
const tidied = "var/lib/longhaul/job/tidied";

describe("tidying a machine after a job", () => {
  let room: Room;
  afterEach(() => {
    room.close();
  });
  const open = (options?: RoomOptions) => (room = openRoom(options));

  const ended = ({ exitCode, signalCode }: ChildProcess) => signalCode ?? exitCode;
  const isRunning = (child: ChildProcess) => ended(child) === null && child.pid !== undefined;

  describe("the job's processes", () => {
    it("are ended, even if they left the session and cleared the runner's mark", async () => {
      open();
      const stray = room.leaveRunning({ RUNNER_TRACKING_ID: undefined });
      const stubborn = room.leaveRunning({}, true);
      const roots = room.leaveRunning({ LONGHAUL_USER: undefined });
      const elsewhere = room.leaveRunning({ LONGHAUL_MACHINE: "/another/machine" });
      await until("the programs to have begun", () => areSleeping([stray, stubborn, roots, elsewhere]));
      const { status, output } = room.hook("completed");
      expect(status, output).to.equal(0);
      await until("their ends", () => !isRunning(stray) && !isRunning(stubborn));
      expect([ended(stray), ended(stubborn)]).to.deep.equal(["SIGTERM", "SIGKILL"]);
      expect(output).to.include("longhaul: ends processes that a job has left: ").and.include(stray.pid);
      expect([roots, elsewhere].map(isRunning)).to.deep.equal([true, true]);
    });

    it("are ended before the next job begins, so that the next job's processes are left alone", async () => {
      open();
      room.hook("completed");
      const next = room.leaveRunning();
      await until("the program to have begun", () => areSleeping([next]));
      const { output } = room.hook("started");
      expect(output).to.equal("");
      expect(isRunning(next)).to.equal(true);
    });
  });

  describe("the job's temporary files", () => {
    it("are removed, even from folders that the job has locked, and the machine's own files stay", () => {
      open();
      for (const folder of ["tmp", "var/tmp", "dev/shm"]) room.home(`../../${folder}/build/deep/file`);
      chmodSync(join(room.root, "tmp/build/deep"), 0o500);
      const others = join(room.root, "tmp/others");
      writeFileSync(others, "");
      const isRoot = process.getuid!() === 0; // Otherwise one user owns every file here.
      if (isRoot) chownSync(others, 61_234, 61_234);
      room.hook("completed");
      const left = (folder: string) => readdirSync(join(room.root, folder));
      expect([left("tmp"), left("var/tmp"), left("dev/shm")]).to.deep.equal([
        isRoot ? ["others"] : [],
        [],
        [],
      ]);
    });

    it("are removed if they are links, and the files that they point to stay", () => {
      open();
      room.home("../../etc/somebody/file");
      room.home("notes/file");
      room.link("etc/somebody", "tmp/link");
      room.link("home/runner/notes", "dev/shm/another");
      room.hook("completed");
      expect([room.exists("tmp/link"), room.exists("dev/shm/another")]).to.deep.equal([false, false]);
      expect(room.exists("etc/somebody/file") && room.exists("home/runner/notes/file")).to.equal(true);
    });

    it("are removed from the runner's logs after six days, which is longer than any job lasts", () => {
      open();
      const files = {
        ...{ "pages/old.log": 7, "blocks/old.1": 7, "pages/new.log": 5, "Worker_old-utc.log": 7 },
        ...{ "SelfUpdate-20260501-120000.log.succeed": 7, "Runner_new-utc.log": 5 },
      };
      for (const [file, days] of Object.entries(files)) {
        room.home(`actions-runner/_diag/${file}`);
        const at = Date.now() / 1000 - days * 86_400;
        utimesSync(join(room.root, "home/runner/actions-runner/_diag", file), at, at);
      }
      room.hook("completed");
      const left = Object.keys(files).filter((file) =>
        room.exists(`home/runner/actions-runner/_diag/${file}`),
      );
      expect(left).to.deep.equal(["pages/new.log", "Runner_new-utc.log"]);
    });

    it("stay if they are .NET's sockets of running processes", () => {
      open();
      const mine = `tmp/dotnet-diagnostic-${process.pid}-4711-socket`;
      room.home(`../../${mine}`);
      room.home("../../tmp/dotnet-diagnostic-999999999-4711-socket");
      room.hook("completed");
      expect(readdirSync(join(room.root, "tmp"))).to.deep.equal([mine.slice(4)]);
    });
  });

  describe("the folders of the runner's updates", () => {
    const runner = "home/runner/actions-runner";
    const versions = () =>
      readdirSync(join(room.root, runner)).filter((name) => /^(bin|externals)(\.\d.*)?$/.test(name));
    const putVersions = (...found: string[]) => {
      for (const version of found)
        for (const part of ["bin", "externals"]) room.home(`actions-runner/${part}.${version}/file`);
    };

    it("are removed if they hold an older version than the one in use, and stay if they hold a newer one", () => {
      open();
      putVersions("2.99.0", "2.337.1", "2.338.0", "2.1000.0");
      for (const part of ["bin", "externals"]) room.link(`${runner}/${part}.2.338.0`, `${runner}/${part}`);
      const { status, output } = room.hook("completed");
      expect({ status, output }).to.deep.equal({ status: 0, output: "" });
      expect(versions().sort()).to.deep.equal(
        ["bin", "externals"].flatMap((part) => [part, `${part}.2.1000.0`, `${part}.2.338.0`]),
      );
      expect(room.exists(`${runner}/bin.2.338.0/file`)).to.equal(true);
    });

    it("stay while the first update waits for the job to end", () => {
      open();
      putVersions("2.338.0");
      for (const part of ["bin", "externals"]) room.home(`actions-runner/${part}/file`);
      room.hook("completed");
      expect(versions()).to.have.lengthOf(4);
    });

    it("are removed after one day if they hold the unpacked update", () => {
      open();
      room.place("actions-runner/_work/_update", 0.9);
      room.hook("completed");
      expect(room.exists(`${work}/_update/content`)).to.equal(true);
      room.place("actions-runner/_work/_update", 1.1);
      room.hook("completed");
      expect(room.exists(`${work}/_update`)).to.equal(false);
    });
  });

  describe("the job's credentials", () => {
    it("are removed, and the machine's own are restored to what they were before the first job", () => {
      open({ before: { ".docker/config.json": '{"credHelpers":{}}', ".aws/config": "[default]" } });
      room.home(".docker/config.json", '{"auths":{"ghcr.io":{"auth":"canary"}}}');
      room.home(".docker/cli-plugins/docker-x");
      room.home(".aws/credentials", "canary");
      rmSync(join(room.root, "home/runner/.aws/config"));
      for (const name of [".netrc", ".ssh/id_ed25519", ".config/gh/hosts.yml", ".git-credentials"]) {
        room.home(name, "canary");
      }
      room.home(".config/editor/settings");
      room.hook("completed");
      const left = readdirSync(join(room.root, "home/runner"), { recursive: true }).map(String);
      expect(left.filter((name) => /netrc|ssh|gh|git-|credentials/.test(name))).to.deep.equal([]);
      expect(room.read("home/runner/.docker/config.json")).to.equal('{"credHelpers":{}}');
      expect(room.read("home/runner/.aws/config")).to.equal("[default]");
      expect(left).to.include.members([".docker/cli-plugins/docker-x", ".config/editor/settings"]);
    });

    it("and the shells' start-up files are those that docs/tidy-room.md lists", () => {
      open();
      const text = readFileSync(join(import.meta.dirname, "../../../docs/tidy-room.md"), "utf8");
      const listed = [...sectionOf(text, "Credentials"), ...sectionOf(text, "Start-up files of shells")];
      const script = readFileSync(join(import.meta.dirname, "../../../runtime/agent/job-hooks.sh"), "utf8");
      const array = /^personal=\([^]*?^\)$/m.exec(script)![0];
      const names = execFileSync("bash", ["-c", `${array}\nprintf '%s\\n' "\${personal[@]}"`], {
        encoding: "utf8",
      });
      expect(names.trim().split("\n").sort()).to.deep.equal(listed.sort());
    });

    it("and the shells' start-up files are removed, and those from before the first job are restored", () => {
      open({ before: { ".bashrc": "ours" } });
      room.home(".bashrc", "changed");
      // The runner starts pwsh with its profile, and Ubuntu's ~/.bashrc reads ~/.bash_aliases.
      const ofJob = [".profile", ".bash_aliases", ".config/powershell/profile.ps1"];
      for (const name of ofJob) room.home(name, "of a job");
      room.hook("completed");
      expect(room.read("home/runner/.bashrc")).to.equal("ours");
      expect(ofJob.filter((name) => room.exists(`home/runner/${name}`))).to.deep.equal([]);
    });

    it("are not searched for behind a link", () => {
      open();
      room.home("../../srv/shared/gh/hosts.yml");
      room.link("srv/shared", "home/runner/.config");
      room.hook("completed");
      expect(room.exists("srv/shared/gh/hosts.yml")).to.equal(true);
    });
  });

  describe("the job's containers, networks and volumes", () => {
    const left = () =>
      ["containers", "networks", "volumes", "images"].map((kind) =>
        readdirSync(join(room.root, "docker", kind)).join(),
      );

    it("are removed, and those from before the first job stay", () => {
      open({ docker: true });
      for (const kind of ["containers", "networks", "volumes", "images"]) {
        room.home(`../../docker/${kind}/job-1`);
        room.home(`../../docker/${kind}/job-2`);
      }
      room.hook("completed");
      expect(left()).to.deep.equal(["ours", "ours", "ours", "job-1,job-2,ours"]);
      expect(room.read("commands/calls")).to.include("docker image prune -f\n");
    });

    it("are not started again by a swarm of the job, because the machine leaves that swarm but not its own", () => {
      open({ docker: true });
      room.home("../../docker/swarm/node-1");
      room.home("../../docker/containers/service-1");
      room.hook("completed");
      expect(room.exists("docker/swarm/node-1")).to.equal(false);
      const calls = room.read("commands/calls");
      expect(calls.indexOf("docker swarm leave --force\n")).to.be.within(0, calls.indexOf("docker rm -fv"));
      room.close();
      open({ docker: true, swarm: "node-0" });
      room.hook("completed");
      expect(room.exists("docker/swarm/node-0")).to.equal(true);
    });

    it("are skipped if the fleet has no Docker or the daemon is dead", () => {
      open();
      expect(room.hook("completed").status).to.equal(0);
      expect(room.read("commands/calls")).to.not.include("docker");
      room.close();
      open({ docker: true });
      room.home("../../docker/dead");
      room.hook("started");
      rmSync(join(room.root, "commands/calls"));
      expect(room.hook("completed").status).to.equal(0);
      expect(room.exists(tidied)).to.equal(true);
      const asked = room.read("commands/calls").match(/^docker .*/gm);
      expect(asked, "asked once").to.deep.equal(["docker version"]);
    });
  });

  describe("workspaces, caches and images", () => {
    /** Each workspace takes 20 % of the disk, Docker's images 10 %. */
    const used = `echo $((40 + 10 * $(ls ../../docker/images | wc -l) + 20 * $(ls actions-runner/_work | grep -vc _)))`;

    it("stay while disk use is within its limit", () => {
      open({ used: "echo 70" });
      room.place("actions-runner/_work/old", 9);
      room.place("actions-runner/_work/_tool/node/20.1.0", 9);
      room.home(".cache/pip/wheel");
      room.hook("completed");
      expect(room.exists(`${work}/old`) && room.exists(`${work}/_tool/node/20.1.0`)).to.equal(true);
      expect(room.exists("home/runner/.cache/pip/wheel")).to.equal(true);
    });

    it("are removed above the limit, the longest unused first and the job's own workspace last, until enough is free", () => {
      open({ used, docker: true });
      room.home("../../docker/images/job");
      for (const [name, days] of Object.entries({ app: 8, older: 7, old: 5, recent: 1 })) {
        room.place(`actions-runner/_work/${name}`, days);
      }
      room.home("actions-runner/_work/_temp/event.json");
      // Disk use starts at 140 %. Removing the job's image frees 10 %, and each workspace 20 %.
      const { output } = room.hook("completed");
      const left = readdirSync(join(room.root, work)).sort();
      expect(left, output).to.deep.equal(["_temp", "app"]);
      expect(readdirSync(join(room.root, "docker/images"))).to.deep.equal(["ours"]);
      const removed = [...output.matchAll(/70 % of the disk was in use: removed .*\/(\w+)$/gm)];
      expect(removed.map(([, name]) => name)).to.deep.equal(["older", "old", "recent"]);
      expect(output).to.include("in use: removed the images of jobs and Docker's build cache\n");
    });

    it("stay even on the fullest disk if they come from the machine's image or the runner needs them", () => {
      open({ used: "echo 99", before: { ".cache/models/large": "", "tools/own": "" } });
      room.place("actions-runner/_work/app", 1);
      room.place("actions-runner/_work/_actions/acme", 9);
      room.home(".cache/pip/wheel");
      room.home("leftover/file");
      room.home("actions-runner/_work/_tool/go/1.24.0/bin");
      room.hook("completed");
      expect(room.exists(`${work}/app`), "full is full").to.equal(false);
      for (const name of [".cache/pip", "leftover", "actions-runner/_work/_tool/go/1.24.0"]) {
        expect(room.exists(`home/runner/${name}`), name).to.equal(false);
      }
      for (const name of [".cache/models/large", "tools/own", "actions-runner/_work/_actions/acme"]) {
        expect(room.exists(`home/runner/${name}`), name).to.equal(true);
      }
    });
  });

  describe("after a job that did not finish", () => {
    it("what it left is removed before the next job's first step, and the next job's workspace stays", async () => {
      open({ used: "echo 99" });
      room.hook("started"); // Its worker crashed, or the machine was rebooted.
      const stray = room.leaveRunning();
      await until("the program to have begun", () => areSleeping([stray]));
      room.home("../../tmp/rest");
      room.home(".netrc", "canary");
      room.place("actions-runner/_work/app", 9);
      room.place("actions-runner/_work/other", 1);
      room.home("actions-runner/_work/_temp/event.json");
      expect(room.hook("started").status).to.equal(0);
      await until("its end", () => !isRunning(stray));
      expect(room.exists("tmp/rest") || room.exists("home/runner/.netrc")).to.equal(false);
      expect(readdirSync(join(room.root, work)).sort()).to.deep.equal(["_temp", "app"]);
    });
  });

  describe("the disk that it has filled", () => {
    for (const { percent, left } of [
      { percent: 90, left: ["rest"] },
      { percent: 99, left: [] },
    ]) {
      it(`${left.length > 0 ? "keeps" : "loses"} an earlier job's files in the next job's workspace at ${percent} %`, () => {
        open({ used: `echo ${percent}` });
        room.hook("started"); // Its worker could not write its log, and crashed.
        room.home("actions-runner/_work/app/app/rest");
        const { output } = room.hook("started");
        expect(readdirSync(join(room.root, work, "app/app"))).to.deep.equal(left);
        expect(output.includes("the disk was still full")).to.equal(left.length === 0);
      });
    }
  });

  describe("a hook", () => {
    it("writes the job's facts for the agent, under the process id of its worker", () => {
      open();
      const { worker } = room.hook("started");
      expect(room.read(`run/longhaul/jobs/${worker}`)).to.equal("acme/app\n4711\n1\nbuild\nNightly run\n");
    });

    it("does not fail the job if it is cut short, and the next job's hook finishes its work", () => {
      open();
      room.hook("started");
      room.home("../../tmp/rest");
      // The time limit ends the hook in the same way, with everything that it started.
      writeFileSync(
        join(room.root, "commands/pgrep"),
        '#!/bin/bash\nread -r _ _ _ pid _ <"/proc/$PPID/stat"; kill -KILL $pid\n',
      );
      expect(room.hook("completed").status).to.equal(0);
      expect(room.exists(tidied)).to.equal(false);
      writeFileSync(join(room.root, "commands/pgrep"), "#!/bin/bash\nexit 1\n");
      expect(room.hook("started").status).to.equal(0);
      expect(room.exists("tmp/rest")).to.equal(false);
    });

    it("does not fail if a folder is missing on the machine", function () {
      this.timeout(60_000);
      for (const missing of ["var/lib/longhaul", "etc/longhaul", "home/runner", "tmp", "commands"]) {
        open();
        rmSync(join(room.root, missing), { recursive: true });
        for (const name of ["started", "completed"] as const) {
          expect(room.hook(name).status, `${name} without ${missing}`).to.equal(0);
        }
        room.close();
      }
    });

    it("runs the machine's commands, not those that a job has put in front of PATH", () => {
      open();
      for (const name of ["find", "timeout", "touch", "rm"]) {
        room.home(`bin/${name}`, "#!/bin/sh\nexit 1\n");
        chmodSync(join(room.root, `home/runner/bin/${name}`), 0o755);
      }
      room.home("../../tmp/rest");
      room.hook("completed", { path: "home/runner/bin" });
      expect(room.exists("tmp/rest")).to.equal(false);
    });
  });
});

/** The paths below the home folder that a section of a page names. */
function sectionOf(page: string, title: string): string[] {
  const section = page.split(`## ${title}\n`)[1]!.split("\n## ")[0]!;
  return [...section.matchAll(/`~\/([^`]+)`/g)].map(([, name]) => name!);
}

/** Whether each of the programs now runs /bin/sleep, so that its signal handling is set. */
function areSleeping(children: readonly ChildProcess[]): boolean {
  return children.every(({ pid }) => readFileSync(`/proc/${pid!}/comm`, "utf8") === "sleep\n");
}
