import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import { packSoftware, softwareScript } from "../../../components/runner-fleet/machine-software.ts";
import { renderUserData } from "../../../components/runner-fleet/user-data.ts";
import type { MachineConfiguration } from "../../../contract/machine.ts";
import { machine } from "../../unit/user-data/machine.ts";
import { put, temporaryFolder } from "../../unit/runtime/fixture.ts";
import type { ReceivedRequest, ScriptedAnswer, ScriptedServer } from "../../unit/runtime/http-server.ts";
import { startServer } from "../../unit/runtime/http-server.ts";
import { putCommands, setprivCommand } from "../../unit/runtime/stand-ins.ts";

const secrets = {
  AccessKeyId: "ASIACANARY0000000001",
  SecretAccessKey: "canary-secret-access-key",
  Token: "canary-session-token",
};
const assets = { ...readMachineAssets(), agent: "// never run here\n" };

/** What the runner brings along as its Node: registers by leaving the file that config.sh leaves. */
const node = `#!/bin/bash
[[ $1 != -e ]] || exec ${process.execPath} "$@"
echo "node $*" >>"$LONGHAUL_ROOT/node-calls"
[[ $2 == register && ! -e $LONGHAUL_ROOT/registration-fails ]] || exit 1
touch "$LONGHAUL_ROOT/home/runner/actions-runner/.runner"
`;

const agentUnit = "longhaul-agent.service";

const listener = `#!/bin/bash
[[ ! -e $LONGHAUL_ROOT/library-missing ]] || { echo "Couldn't find a valid ICU package"; echo "   at System.…"; exit 134; }
echo 2.338.0
`;

describe("the boot script", function () {
  const packed = temporaryFolder();
  let tarball: Buffer;
  let folder: ReturnType<typeof temporaryFolder>;
  let server: ScriptedServer | undefined;
  /** EC2's answer to each report. */
  let ec2: ScriptedAnswer;
  /** The metadata service answers nothing. */
  let isSilent: boolean;

  before(() => {
    put(`${packed.path}/runner/bin/Runner.Listener`, listener, 0o755);
    put(
      `${packed.path}/runner/bin/installdependencies.sh`,
      '#!/bin/bash\necho "$0" >>"$LONGHAUL_ROOT/dependencies"\nsource "$LONGHAUL_ROOT/dependencies.sh"\n',
      0o755,
    );
    put(`${packed.path}/runner/externals/node24/bin/node`, node, 0o755);
    put(`${packed.path}/runner/filling`, "0123456789".repeat(50_000));
    execFileSync("tar", ["-czf", `${packed.path}/runner.tar.gz`, "-C", `${packed.path}/runner`, "."]);
    tarball = readFileSync(`${packed.path}/runner.tar.gz`);
  });
  after(packed.remove);
  beforeEach(() => {
    folder = temporaryFolder();
    ec2 = { body: "<ok/>" };
    isSilent = false;
  });
  afterEach(() => {
    server?.close();
    folder.remove();
  });

  const file = (path: string) => readFileSync(`${folder.path}/${path}`, "utf8");
  const calls = () => file("commands/calls").trim().split("\n");
  /** The tags that were put on the instance, the latest last. */
  const reported = () =>
    server!.requests
      .filter(({ method, path, headers }) => method === "POST" && path === "/" && !headers["x-amz-target"])
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  const downloads = () => server!.requests.filter(({ path }) => path === "/runner.tar.gz");

  /** SSM's answer to a request for the software, in an order of its own: names it does not know it leaves out. */
  const software = (script: string) => (request: ReceivedRequest) => {
    const { Names } = JSON.parse(request.body) as { Names: string[] };
    expect(Names).to.have.length(10);
    const pieces = packSoftware(script).map((Value, index) => ({ Name: Names[index]!, Value }));
    return { body: JSON.stringify({ InvalidParameters: [], Parameters: pieces.reverse() }) };
  };

  /** A machine in front of its first boot. */
  async function prepare(
    change: Partial<MachineConfiguration> = {},
    serve: (request: ReceivedRequest, count: number) => ScriptedAnswer = () => ({ body: tarball }),
    serveSoftware: (request: ReceivedRequest) => ScriptedAnswer = software(softwareScript(assets)),
  ) {
    let count = 0;
    const running = await startServer((request) => {
      const { method, path } = request;
      if (path === "/runner.tar.gz") return serve(request, ++count);
      if (method === "PUT" && path === "/latest/api/token") return { body: "canary-metadata-session" };
      if (request.headers["x-aws-ec2-metadata-token"] !== "canary-metadata-session" && method === "GET") {
        return { status: 401 };
      }
      if (isSilent) return { status: 500 };
      if (path === "/latest/meta-data/instance-id") return { body: "i-1" };
      if (path === "/latest/meta-data/iam/security-credentials/") return { body: "the-role" };
      if (path === "/latest/meta-data/iam/security-credentials/the-role") {
        return { body: JSON.stringify({ Code: "Success", ...secrets }, undefined, 2) };
      }
      if (request.headers["x-amz-target"] === "AmazonSSM.GetParameters") return serveSoftware(request);
      return method === "POST" ? ec2 : { status: 404 };
    });
    server = running;
    putCommands(`${folder.path}/commands`, {
      ...Object.fromEntries(
        [
          "apt-get",
          "groupadd",
          "usermod",
          "chgrp",
          "iptables",
          "visudo",
          "update-ca-certificates",
          "sleep",
          "shutdown",
          "docker",
          "git",
          "sudo",
          "mount",
          "sync",
          "dpkg",
        ].map((name) => [name, ""]),
      ),
      getent: 'exec grep "^$2:" "$LONGHAUL_ROOT/etc/passwd"',
      useradd:
        'mkdir -p "$LONGHAUL_ROOT/home/${!#}"; echo "${!#}:x:1001:1001::$LONGHAUL_ROOT/home/${!#}:/bin/bash" >>"$LONGHAUL_ROOT/etc/passwd"',
      systemctl: `case $1 in
  is-active) [[ -e $LONGHAUL_ROOT/active ]] ;;
  disable) [[ -e $LONGHAUL_ROOT/upgrades ]] ;;
  restart) ! command=$(sed -n "s/^ExecStart=//p" "$LONGHAUL_ROOT/etc/systemd/system/$2" 2>/dev/null) || bash -c "$command" ;;
esac`,
      curl: 'exec /usr/bin/curl "$@"',
      // Folders with this file in them stand for root's.
      setpriv: `[[ "$* " != *" test -w "* || ! -e \${!#}/of-root ]] || exit 1; ${setprivCommand}`,
      chown: `[[ $1 != -hR ]] || find "\${!#}" -name of-root -delete`,
      mountpoint: "[[ -e $LONGHAUL_ROOT/mounted ]]",
      id: '[[ $2 == runner ]] && echo 1001 || exec /usr/bin/id "$@"',
    });
    put(`${folder.path}/var/lib/cloud/data/instance-id`, "i-1\n");
    mkdirSync(`${folder.path}/var/lib/cloud/instance/sem`, { recursive: true });
    put(`${folder.path}/etc/passwd`, "root:x:0:0:root:/root:/bin/bash\n");
    put(`${folder.path}/etc/sudoers.d/README`, "");
    put(`${folder.path}/dependencies.sh`, "");
    put(`${folder.path}/etc/os-release`, "ID=ubuntu\nID_LIKE=debian\n");
    const told: MachineConfiguration = {
      ...machine,
      aws: { ...machine.aws, endpoints: { ...machine.aws.endpoints, ec2: running.url, ssm: running.url } },
      runnerSoftware: {
        ...machine.runnerSoftware,
        url: `${running.url}/runner.tar.gz`,
        sha256: createHash("sha256").update(tarball).digest("hex"),
      },
      ...change,
    };
    // As cloud-init does; the unit's start is played by `boot`.
    execFileSync("bash", { input: renderUserData(told, assets), env: environment() });
    rmSync(`${folder.path}/commands/calls`);
    return boot;
  }

  const environment = () => ({
    PATH: `${folder.path}/commands:/usr/bin:/bin:/usr/sbin:/sbin`,
    LONGHAUL_ROOT: folder.path,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: server!.url,
  });

  async function boot(): Promise<{ status: number | null; output: string }> {
    const child = spawn("bash", [`${folder.path}/opt/longhaul/boot.sh`], {
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, status] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once("exit", resolve)),
    ]);
    return { status, output: out + err };
  }

  /** Puts the runner where a baked image has it. */
  const bake = () => {
    put(`${folder.path}/home/runner/actions-runner/bin/Runner.Listener`, listener, 0o755);
    put(`${folder.path}/home/runner/actions-runner/externals/node20/bin/node`, node, 0o755);
  };

  it("turns a fresh instance into a registered runner, the timer first and the agent last", async () => {
    const run = await prepare();
    const { status, output } = await run();
    expect(output).to.include("longhaul: starting the agent");
    expect(status).to.equal(0);
    const order = calls().filter((line) => !/^(curl|chown|chgrp|getent)/.test(line));
    expect(order.slice(0, 2)).to.deep.equal([
      "systemctl is-active --quiet longhaul-agent.service",
      "shutdown -P +60",
    ]);
    expect(order.slice(-2)).to.deep.equal([
      "systemctl daemon-reload",
      "systemctl start longhaul-agent.service",
    ]);
    expect(order).to.include.members([
      "useradd --create-home --shell /bin/bash runner",
      "usermod --append --groups docker runner",
      "iptables -w -C OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT",
    ]);
    expect(existsSync(`${folder.path}/home/runner/actions-runner/.runner`)).to.equal(true);
    expect(file("node-calls")).to.equal(`node ${folder.path}/opt/longhaul/agent.mjs register\n`);
    const unit = file("etc/systemd/system/longhaul-agent.service");
    expect(unit).to.include("KillMode=process\n").and.include("Restart=always\n");
    for (const name of ["agent", "shutdown", "boot"]) {
      const text = file(`etc/systemd/system/longhaul-${name}.service`);
      expect(text, name).to.match(/^\[Unit\]\n[^[]*StartLimitIntervalSec=0\n[^[]*\[Service\]/);
    }
    for (const name of ["agent", "shutdown"]) {
      const text = file(`etc/systemd/system/longhaul-${name}.service`);
      expect(text, `${name}: a change of the target stops it`).to.match(/^IgnoreOnIsolate=yes$/m);
    }
    expect(unit).to.include("Wants=longhaul-shutdown.service\n");
    const ender = file("etc/systemd/system/longhaul-shutdown.service");
    expect(ender).to.include("After=network.target network-online.target\n");
    expect(ender).to.include("Before=longhaul-agent.service\n");
    expect(ender).to.include(
      `ExecStop="${folder.path}/opt/longhaul/node" "${folder.path}/opt/longhaul/agent.mjs" end-listener\n`,
    );
    expect(unit).to.match(new RegExp(`^ExecStart="${folder.path}/opt/longhaul/node"`, "m"));
    expect(reported().map((tags) => tags["Tag.1.Value"])).to.deep.equal(["booting"]);
  });

  it("gives the runner's own logs a file system of their own at each boot, before the agent runs, and never twice", async () => {
    const boot = await prepare();
    await boot();
    const logs = `${folder.path}/home/runner/actions-runner/_diag`;
    const mount =
      "mount --no-canonicalize -t tmpfs -o size=20%,mode=755,nosuid,nodev,uid=1001,gid=1001 longhaul-diag .";
    putCommands(`${folder.path}/commands`, { mount: 'pwd -P >>"$LONGHAUL_ROOT/mounted-at"' });
    expect(calls()).to.include(mount);
    expect(calls().indexOf(mount)).to.be.below(calls().indexOf("systemctl start longhaul-agent.service"));
    rmSync(`${folder.path}/commands/calls`);
    await boot();
    expect(calls()).to.include(mount);
    expect(file("mounted-at")).to.equal(`${logs}\n`);
    expect(
      calls().filter((line) => line.startsWith("chown")),
      "it is mounted as its user's",
    ).to.deep.equal([]);
    rmSync(`${folder.path}/commands/calls`);
    put(`${folder.path}/mounted`, "");
    await boot();
    expect(calls()).to.not.include(mount);
  });

  it("goes on where they cannot have one, and says so", async () => {
    const boot = await prepare();
    putCommands(`${folder.path}/commands`, { mount: "exit 32" });
    const { status, output } = await boot();
    expect(status).to.equal(0);
    expect(output).to.include("the runner's logs stay on the disk");
    const folders = readdirSync(`${folder.path}/home/runner/actions-runner`);
    expect(folders, "one of root's, in which the runner cannot write").to.not.include("_diag");
  });

  for (const name of ["actions-runner", "actions-runner/_diag"]) {
    it(`mounts nothing over what a job's link in place of ${name} points to, and gives it to nobody`, async () => {
      const boot = await prepare();
      await boot();
      rmSync(`${folder.path}/commands/calls`);
      const elsewhere = `${folder.path}/etc/theirs`;
      mkdirSync(`${elsewhere}/bin`, { recursive: true });
      put(`${elsewhere}/bin/Runner.Listener`, listener, 0o755);
      rmSync(`${folder.path}/home/runner/${name}`, { recursive: true, force: true });
      symlinkSync(elsewhere, `${folder.path}/home/runner/${name}`);
      const { status, output } = await boot();
      expect(status).to.equal(0);
      expect(output).to.include(
        `${elsewhere}${name.endsWith("_diag") ? "" : "/_diag"}: nothing is mounted there`,
      );
      expect(calls().filter((line) => /^(mount|chown) /.test(line))).to.deep.equal([]);
      expect(readdirSync(elsewhere)).to.deep.equal(["bin"]);
    });
  }

  it("writes nothing into the runner's folder once jobs have run, also where its memory of the time before is damaged", async () => {
    const run = await prepare();
    await run();
    rmSync(`${folder.path}/home/runner/actions-runner/.env`);
    symlinkSync(`${folder.path}/etc/theirs`, `${folder.path}/home/runner/actions-runner/.env`);
    writeFileSync(`${folder.path}/var/lib/longhaul/path`, "");
    expect((await run()).status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(
      /before the first job is damaged\. Replace the machine/,
    );
    expect(existsSync(`${folder.path}/etc/theirs`)).to.equal(false);
  });

  it("runs the agent with a copy of Node that is not in the runner's folder", async () => {
    await (
      await prepare()
    )();
    expect(file("opt/longhaul/node")).to.equal(node);
    expect(statSync(`${folder.path}/opt/longhaul/node`).mode & 0o777).to.equal(0o755);
  });

  it("fetches the agent from its fleet's parameters, as the role of the machine", async () => {
    await (
      await prepare()
    )();
    expect(file("opt/longhaul/agent.mjs")).to.equal(assets.agent);
    const [asked] = server!.requests.filter(({ headers }) => headers["x-amz-target"]);
    expect(asked!.headers.authorization).to.match(
      /\/eu-central-1\/ssm\/aws4_request.*content-type.*x-amz-target/,
    );
    expect(asked!.body).to.match(/"\/longhaul\/dev\/cloud\/software\/[0-9a-f]{10}\/0"/);
  });

  it("asks again for the agent while AWS denies it: a new role takes its time", async () => {
    let asked = 0;
    const { status } = await (
      await prepare({}, undefined, (request) =>
        ++asked < 3 ? { status: 400 } : software(softwareScript(assets))(request),
      )
    )();
    expect(status).to.equal(0);
    expect(asked).to.equal(3);
  });

  it("asks again for the agent where the answer was cut short", async () => {
    let asked = 0;
    const { status } = await (
      await prepare({}, undefined, (request) => ({
        ...software(softwareScript(assets))(request),
        ...(++asked < 3 ? { fails: "cut" } : {}),
      }))
    )();
    expect(status).to.equal(0);
    expect(asked).to.equal(3);
    expect(reported().map((tags) => tags["Tag.1.Value"])).to.deep.equal(["booting"]);
  });

  it("runs no other agent than the one it was made with", async () => {
    const forged = softwareScript({ ...assets, agent: "// somebody else's\n" });
    const { status, output } = await (await prepare({}, undefined, software(forged)))();
    expect(status).to.equal(1);
    expect(output).to.match(
      /boot failed: The machine's software has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}/,
    );
    expect(existsSync(`${folder.path}/opt/longhaul/agent.mjs`)).to.equal(false);
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
  });

  it("says in AWS's own words why its software cannot be read, without the secrets among them", async () => {
    const signed = `x-amz-security-token:${secrets.Token} x-secret:${secrets.SecretAccessKey}`;
    const message = `User is not authorized to perform: ssm:GetParameters ${signed}`;
    const body = JSON.stringify({ __type: "AccessDeniedException", message }, undefined, 2);
    const { status, output } = await (await prepare({}, undefined, () => ({ status: 400, body })))();
    expect(status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(
      /could not be read from the parameters \/longhaul\/dev\/cloud\/software\/\w+: ssm answered 400 +AccessDeniedException User is not authorized to perform: ssm:GetParameters x-amz-security-token:\*\*\* x-sec/,
    );
    expect(output).to.not.match(/canary/);
  });

  it("says in EC2's own words why its state could not be reported, and goes on", async () => {
    const refusal =
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>UnauthorizedOperation</Code>' +
      "<Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>1</RequestID></Response>";
    const run = await prepare();
    ec2 = { status: 403, body: refusal };
    const { status, output } = await run();
    expect(status).to.equal(0);
    expect(output).to.match(
      /could not be reported yet: ec2 answered 403 +UnauthorizedOperation You are not authorized to perform this operation\.\n/,
    );
  });

  it("does nothing twice at a later boot, and registers once", async () => {
    const run = await prepare({ bootSteps: ['echo step >>"$LONGHAUL_ROOT/steps"'] });
    await run();
    rmSync(`${folder.path}/run`, { recursive: true });
    rmSync(`${folder.path}/commands/calls`);
    const { status } = await run();
    expect(status).to.equal(0);
    expect(file("steps")).to.equal("step\n");
    expect(file("node-calls").trim().split("\n")).to.have.length(1);
    expect(downloads()).to.have.length(1);
    const ofLogs = /^(curl|id|chown|mount|mountpoint) /; // What is in memory is made anew.
    const again = calls().filter((line) => !ofLogs.test(line));
    expect(again).to.deep.equal([
      "systemctl is-active --quiet longhaul-agent.service",
      "shutdown -P +60",
      "systemctl is-active --quiet longhaul-agent.service",
      // What a cut of the power may have left of a step's own packages: nothing, as a rule.
      "dpkg --force-confdef --force-confold --configure -a",
      "systemctl restart longhaul-metadata.service",
      "iptables -w -C OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT",
      "systemctl daemon-reload",
      "systemctl start longhaul-agent.service",
    ]);
  });

  it("a tarball with another checksum is deleted, never unpacked, and not fetched again", async () => {
    const sha256 = "0".repeat(64);
    const actual = createHash("sha256").update(tarball).digest("hex");
    const { url } = machine.runnerSoftware;
    const run = await prepare({ runnerSoftware: { ...machine.runnerSoftware, url, sha256 } });
    put(
      `${folder.path}/etc/longhaul/boot.env`,
      file("etc/longhaul/boot.env").replace(url, `${server!.url}/runner.tar.gz`),
    );
    const { status, output } = await run();
    expect(status).to.equal(1);
    const sentence = `The runner's tarball has the SHA-256 ${actual}, not ${sha256}; it was deleted.`;
    expect(output).to.include(`longhaul: boot failed: ${sentence}`);
    expect(reported().at(-1)).to.include({ "Tag.1.Value": "boot-failed", "Tag.2.Value": sentence });
    expect(downloads()).to.have.length(1);
    expect(existsSync(`${folder.path}/var/lib/longhaul/runner.tar.gz`)).to.equal(false);
    expect(existsSync(`${folder.path}/home/runner/actions-runner`)).to.equal(false);
    expect(calls()).to.not.include("systemctl start longhaul-agent.service");
  });

  it("a download that breaks off is gone on with where it was", async () => {
    const ranges: (string | undefined)[] = [];
    const run = await prepare({}, ({ headers }, count) => {
      ranges.push(headers.range);
      if (count === 1) return { body: tarball, fails: "cut" };
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1]);
      const range = `bytes ${from}-${tarball.length - 1}/${tarball.length}`;
      return { status: 206, body: tarball.subarray(from), headers: { "content-range": range } };
    });
    const { status } = await run();
    expect(status).to.equal(0);
    expect(ranges).to.deep.equal([undefined, `bytes=${Math.floor(tarball.length / 2)}-`]);
  });

  it("a server that is down for a moment is asked again, with growing delays", async () => {
    const run = await prepare({}, (_, count) => (count < 4 ? { status: 500 } : { body: tarball }));
    expect((await run()).status).to.equal(0);
    expect(calls().filter((line) => line.startsWith("sleep"))).to.deep.equal([
      "sleep 1",
      "sleep 2",
      "sleep 4",
    ]);
  });

  it("a server that stays down is an error with the address", async () => {
    const run = await prepare({}, () => ({ status: 404 }));
    const { status } = await run();
    expect(status).to.equal(1);
    expect(downloads()).to.have.length(8);
    expect(reported().at(-1)!["Tag.2.Value"]).to.equal(
      `The runner could not be downloaded from ${server!.url}/runner.tar.gz.`,
    );
  });

  describe("a boot step", () => {
    it("has root's home and name, which systemd gives no service of root's", async () => {
      const run = await prepare({ bootSteps: ['echo "$HOME $USER $LOGNAME"', "git config --global a.b c"] });
      mkdirSync(`${folder.path}/root`);
      copyFileSync("/usr/bin/git", `${folder.path}/commands/git`);
      const { status, output } = await run();
      expect(output).to.include(`${folder.path}/root root root\n`);
      expect(status).to.equal(0);
      expect(file("root/.gitconfig")).to.include("b = c");
    });

    it("that fails has its last words in the detail: bounded, printable, and no password of an address", async () => {
      const line =
        'head -c 9000 /dev/zero | tr "\\0" x; printf "\\n\\033[31mno\\033[0m way\\tto\\n https://me:canary-1@host/ é\\r\\n" >&2; exit 7';
      const run = await prepare({ bootSteps: [line] });
      const { status, output } = await run();
      expect(status).to.equal(1);
      const detail = reported().at(-1)!["Tag.2.Value"]!;
      expect(detail).to.match(
        /^Boot step 1 ended with 7: head -c 9000 .{57}: x+ no way to https:\/\/host\/$/,
      );
      expect(detail).to.match(/^[ -~]{1,256}$/);
      expect(output, "all of it is on the console").to.include("x".repeat(9000));
    });

    it("that leaves something running behind it does not hold the boot up", async () => {
      const run = await prepare({ bootSteps: ['/bin/sleep 600 & echo $! >"$LONGHAUL_ROOT/left"'] });
      try {
        expect((await run()).status).to.equal(0);
      } finally {
        process.kill(Number(file("left")), "SIGKILL");
      }
    });

    it("writes what it prints where users cannot read it", async () => {
      await (
        await prepare({ bootSteps: ["echo secret"] })
      )();
      expect(file("var/log/longhaul/boot-step.log")).to.equal("secret\n");
      expect(statSync(`${folder.path}/var/log/longhaul/boot-step.log`).mode & 0o777).to.equal(0o600);
    });
  });

  describe("a step of every boot", () => {
    const everyBoot = ['[[ ! -e $LONGHAUL_ROOT/broken ]] && echo "mounted" >>"$LONGHAUL_ROOT/steps"'];
    const powerOff = () => {
      rmSync(`${folder.path}/run`, { recursive: true });
    };

    it("runs once at each, behind the boot steps and before the machine takes jobs", async () => {
      const run = await prepare({
        bootSteps: ['echo "installed" >>"$LONGHAUL_ROOT/steps"'],
        everyBoot: [...everyBoot, "docker step"],
      });
      await run();
      const order = calls();
      expect(order.indexOf("docker step")).to.be.within(0, order.indexOf(`systemctl start ${agentUnit}`) - 1);
      await run(); // By hand, or by systemd.
      expect(file("steps")).to.equal("installed\nmounted\n");
      powerOff();
      await run();
      expect(file("steps")).to.equal("installed\nmounted\nmounted\n");
    });

    it("that fails keeps the agent from starting, says so, and is tried again in the same boot", async () => {
      const run = await prepare({ everyBoot });
      await run();
      powerOff();
      put(`${folder.path}/broken`, "");
      rmSync(`${folder.path}/commands/calls`);
      expect((await run()).status).to.equal(1);
      expect(calls()).to.not.include(`systemctl start ${agentUnit}`);
      expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
      expect(reported().at(-1)!["Tag.2.Value"]).to.match(/^Step 1 of every boot ended with 1: \[\[ ! -e/);
      rmSync(`${folder.path}/broken`);
      expect((await run()).status).to.equal(0);
      expect(file("steps")).to.equal("mounted\nmounted\n");
    });
  });

  it("an interrupted first boot goes on where it was", async () => {
    const run = await prepare({
      bootSteps: [
        'echo one >>"$LONGHAUL_ROOT/steps"',
        '[[ -e $LONGHAUL_ROOT/fixed ]] && echo two >>"$LONGHAUL_ROOT/steps"',
      ],
    });
    const first = await run();
    expect(first.status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(/^Boot step 2 ended with 1: /);
    put(`${folder.path}/fixed`, "");
    expect((await run()).status).to.equal(0);
    expect(file("steps")).to.equal("one\ntwo\n");
    expect(calls().filter((line) => line.startsWith("useradd"))).to.have.length(1);
  });

  describe("after a cut of the power", () => {
    /** Boots, empties these files as a cut does, and boots again. @returns what was called at the second boot */
    async function secondBoot(emptied: readonly string[], change: Partial<MachineConfiguration> = {}) {
      const run = await prepare(change);
      put(`${folder.path}/registration-fails`, "");
      await run();
      for (const path of emptied) {
        expect(statSync(`${folder.path}/${path}`).size, path).to.be.above(0);
        writeFileSync(`${folder.path}/${path}`, "");
      }
      rmSync(`${folder.path}/commands/calls`);
      rmSync(`${folder.path}/registration-fails`);
      expect((await run()).status).to.equal(0);
      return calls();
    }
    const done = "var/lib/longhaul/done";

    it("a mark that is there and empty is none: its contents were not on the disk either", async () => {
      const again = await secondBoot([`${done}/user`, `${done}/runner`]);
      expect(again).to.include("visudo -cf " + `${folder.path}/etc/sudoers.d/90-longhaul`);
      expect(downloads()).to.have.length(2);
    });

    it("a runner that is there and empty is fetched again, and Node copied from it", async () => {
      await secondBoot(["home/runner/actions-runner/bin/Runner.Listener", "opt/longhaul/node"]);
      expect(downloads()).to.have.length(2);
      expect(file("opt/longhaul/node")).to.equal(node);
    });

    it("an agent or hooks that are there and empty are fetched again", async () => {
      await secondBoot(["opt/longhaul/agent.mjs", "var/lib/longhaul/path"]);
      expect(file("opt/longhaul/agent.mjs")).to.equal(assets.agent);
      expect(file("var/lib/longhaul/path")).to.include("PATH");
    });

    it("a unit that closes the metadata service and is there and empty, to systemd a masked one, is written again", async () => {
      const unit = "etc/systemd/system/longhaul-metadata.service";
      await secondBoot([unit]);
      expect(file(unit)).to.include("ExecStart=/bin/sh -c 'iptables ");
    });

    it("the part of a download that an earlier boot has left is not gone on with: it may have holes", async () => {
      const run = await prepare();
      put(`${folder.path}/var/lib/longhaul/runner.tar.gz`, "\0".repeat(1000));
      expect((await run()).status).to.equal(0);
      expect(downloads().map(({ headers }) => headers.range)).to.deep.equal([undefined]);
    });

    it("a package that was left half installed is finished before apt is asked for anything", async () => {
      const again = await secondBoot([]);
      expect(again.find((line) => /^(dpkg|apt-get)/.test(line))).to.match(/^dpkg .*--configure -a$/);
    });

    // A power cut in one of the fleet's own steps leaves the same, on a baked image and long after the registration too.
    it("packages and lists that a step has left behind are mended before it runs again, on a baked image too", async () => {
      const lists = `${folder.path}/var/lib/apt/lists`;
      const run = await prepare({ baked: true, everyBoot: ["docker step"] });
      bake();
      await run();
      rmSync(`${folder.path}/run`, { recursive: true });
      rmSync(`${folder.path}/commands/calls`);
      for (const name of ["archive_InRelease", "lock"]) put(`${lists}/${name}`, "");
      put(`${lists}/archive_Packages`, "Package: git\n");
      expect((await run()).status).to.equal(0);
      const order = calls().filter((line) => /^(dpkg|docker step)/.test(line));
      expect(order[0]).to.match(/^dpkg .*--configure -a$/);
      expect(order[1]).to.equal("docker step");
      expect(readdirSync(lists).sort()).to.deep.equal(["archive_Packages", "lock"]);
    });

    it("packages are left alone while a job may run", async () => {
      const run = await prepare({ baked: true });
      bake();
      await run();
      put(`${folder.path}/active`, "");
      rmSync(`${folder.path}/commands/calls`);
      expect((await run()).status).to.equal(0);
      expect(calls().filter((line) => line.startsWith("dpkg"))).to.deep.equal([]);
    });

    it("each mark is made when what it stands for is on the disk", async () => {
      const run = await prepare();
      const marks = () => (existsSync(`${folder.path}/${done}`) ? readdirSync(`${folder.path}/${done}`) : []);
      put(
        `${folder.path}/commands/sync`,
        `#!/bin/bash\nls "$LONGHAUL_ROOT/${done}" | wc -l >>"$LONGHAUL_ROOT/synced"`,
        0o755,
      );
      expect((await run()).status).to.equal(0);
      const counts = file("synced").trim().split("\n").map(Number);
      // The runner is written down before it gets its own name as well.
      expect([...new Set(counts)]).to.deep.equal(Array.from(marks(), (_, index) => index));
    });

    it("what was damaged once jobs have run is not fetched over their workspaces, or copied from their folder", async () => {
      const run = await prepare();
      await run();
      for (const path of ["home/runner/actions-runner/bin/Runner.Listener", "opt/longhaul/node"]) {
        const whole = file(path);
        writeFileSync(`${folder.path}/${path}`, "");
        expect((await run()).status).to.equal(1);
        expect(reported().at(-1)!["Tag.2.Value"]).to.match(/is damaged\. Replace the machine/);
        writeFileSync(`${folder.path}/${path}`, whole);
      }
      expect(downloads()).to.have.length(1);
    });
  });

  describe("on the disk of another machine", () => {
    it("does nothing but arm the timer, for user data that never runs, and says whose it is", async () => {
      const run = await prepare();
      put(`${folder.path}/var/lib/longhaul/instance`, "i-2\n");
      const { status, output } = await run();
      expect(status).to.equal(0);
      expect(output).to.include("this disk was i-2's, and this is i-1");
      expect(output).to.include("without its user data it powers off in an hour");
      expect(calls().filter((line) => !/^(curl|systemctl is-active)/.test(line))).to.deep.equal([
        "shutdown -P +60",
      ]);
      expect(reported()).to.deep.equal([]);
    });

    it("that the metadata service does not name goes on: the agent looks again", async () => {
      const run = await prepare();
      isSilent = true;
      const { output } = await run();
      expect(calls()).to.include("shutdown -P +60");
      expect(output).to.include("the metadata service has no credentials");
    });
  });

  it("a failing registration is reported, and tried again at the next boot without another download", async () => {
    const run = await prepare();
    put(`${folder.path}/registration-fails`, "");
    expect((await run()).status).to.equal(1);
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(/^registering: .* ended with 1\.$/);
    rmSync(`${folder.path}/registration-fails`);
    expect((await run()).status).to.equal(0);
    expect(downloads()).to.have.length(1);
  });

  it("no credential is on a command line, and the report is signed with all of them", async () => {
    await (
      await prepare()
    )();
    expect(file("commands/calls")).to.not.match(/canary/i);
    const { authorization, "x-amz-security-token": token } = server!.requests.find(
      ({ method, path }) => method === "POST" && path === "/",
    )!.headers;
    expect(authorization)
      .to.include(`Credential=${secrets.AccessKeyId}/`)
      .and.include("x-amz-security-token");
    expect(token).to.equal(secrets.Token);
  });

  it("run by hand beside a working agent, it does not arm the timer that would power off", async () => {
    const run = await prepare();
    put(`${folder.path}/active`, "");
    expect((await run()).status).to.equal(0);
    expect(calls()).to.not.include("shutdown -P +60");
    expect(existsSync(`${folder.path}/run/longhaul/boot`), "a boot that is none").to.equal(false);
  });

  for (const name of ["Runner.Listener", "Runner.Worker"]) {
    it(`run by hand while the agent is down, it does not arm the timer under a ${name} either`, async () => {
      const run = await prepare();
      const bin = `${folder.path}/home/runner/actions-runner/bin`;
      mkdirSync(bin, { recursive: true });
      copyFileSync("/bin/sleep", `${bin}/${name}`);
      chmodSync(`${bin}/${name}`, 0o755);
      const child = spawn(`${bin}/${name}`, ["600"], { cwd: bin });
      try {
        await new Promise((resolve) => child.once("spawn", resolve));
        await run();
        expect(calls()).to.not.include("shutdown -P +60");
        const mounts = calls().filter((line) => line.startsWith("mount "));
        expect(mounts, "its logs would be out of its sight").to.deep.equal([]);
      } finally {
        child.kill("SIGKILL");
      }
    });
  }

  it("another machine's listener on the same computer is none of its own", async () => {
    const run = await prepare();
    copyFileSync("/bin/sleep", `${folder.path}/Runner.Listener`);
    const child = spawn(`${folder.path}/Runner.Listener`, ["600"], { cwd: folder.path });
    try {
      await new Promise((resolve) => child.once("spawn", resolve));
      await run();
      expect(calls()).to.include("shutdown -P +60");
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("says when it began, and a second try in the same boot does not say otherwise", async () => {
    const run = await prepare();
    const before = Math.floor(Date.now() / 1000);
    await run();
    const began = Number(file("run/longhaul/boot"));
    expect(began).to.be.within(before, Date.now() / 1000);
    put(`${folder.path}/run/longhaul/boot`, `${began - 60}\n`);
    rmSync(`${folder.path}/commands/calls`);
    await run();
    expect(Number(file("run/longhaul/boot"))).to.equal(began - 60);
    expect(calls(), "its timer is not put off").to.not.include("shutdown -P +60");
  });

  it("no upgrade of its own restarts anything under a job, from before the first package on", async () => {
    const run = await prepare();
    put(`${folder.path}/upgrades`, "");
    put(`${folder.path}/etc/docker/daemon.json`, '{"mtu": 1400}');
    rmSync(`${folder.path}/commands/git`);
    expect((await run()).status).to.equal(0);
    const order = calls();
    const disabled = order.filter((line) => line.startsWith("systemctl disable --now "));
    expect(disabled.map((line) => line.split(" ").at(-1))).to.have.members([
      "apt-daily.timer",
      "apt-daily-upgrade.timer",
      "apt-daily.service",
      "apt-daily-upgrade.service",
      "unattended-upgrades.service",
    ]);
    const firstPackage = order.findIndex((line) => line.startsWith("apt-get"));
    if (firstPackage >= 0) expect(order.indexOf(disabled.at(-1)!)).to.be.below(firstPackage);
    expect(file("etc/needrestart/conf.d/longhaul.conf")).to.equal("$nrconf{restart} = 'l';\n");
    expect(file("etc/apt/apt.conf.d/95longhaul-lock")).to.equal('DPkg::Lock::Timeout "300";\n');
    expect(JSON.parse(file("etc/docker/daemon.json"))).to.deep.equal({ mtu: 1400, "live-restore": true });
  });

  it("containers end with Docker's daemon where swarm mode needs that, and the image's own setting stays", async () => {
    const run = await prepare({ dockerLiveRestore: false });
    put(`${folder.path}/etc/docker/daemon.json`, '{"mtu": 1400, "live-restore": true}');
    expect((await run()).status).to.equal(0);
    expect(file("etc/docker/daemon.json")).to.equal('{"mtu": 1400, "live-restore": true}');
  });

  it("a setting that the image has by itself does not become one to take back", async () => {
    const run = await prepare();
    put(`${folder.path}/etc/docker/daemon.json`, '{"live-restore": true}');
    expect((await run()).status).to.equal(0);
    expect(readdirSync(`${folder.path}/etc/docker`)).to.deep.equal(["daemon.json"]);
  });

  it("an image without Ubuntu's upgrades, or with no Docker, boots as well", async () => {
    const run = await prepare({ docker: false });
    expect((await run()).status).to.equal(0);
    expect(existsSync(`${folder.path}/etc/docker/daemon.json`)).to.equal(false);
  });

  it("a package manager that another process keeps busy is asked again for minutes", async () => {
    const run = await prepare();
    put(
      `${folder.path}/tarball/bin/installdependencies.sh`,
      '#!/bin/bash\necho try >>"$LONGHAUL_ROOT/dependencies"; (($(wc -l <"$LONGHAUL_ROOT/dependencies") >= 10))\n',
      0o755,
    );
    put(`${folder.path}/tarball/bin/Runner.Listener`, listener, 0o755);
    put(`${folder.path}/tarball/externals/node24/bin/node`, node, 0o755);
    execFileSync("cp", ["-r", `${folder.path}/tarball/.`, `${folder.path}/unpacked`]);
    putCommands(`${folder.path}/commands`, {
      tar: 'mkdir -p "${!#}"; cp -r "$LONGHAUL_ROOT/unpacked/." "${!#}"',
    });
    expect((await run()).status).to.equal(0);
    const waited = calls().filter((line) => line.startsWith("sleep"));
    expect(waited.map((line) => Number(line.slice(6))).reduce((sum, next) => sum + next)).to.be.above(120);
  });

  describe("a package manager that cannot install something", () => {
    const lists = "var/lib/apt/lists";
    /** The first boot of a machine that cannot install the runner's dependencies, and with lists that it has fetched. */
    async function fail(says: string) {
      const run = await prepare();
      put(`${folder.path}/dependencies.sh`, `echo "${says}" >&2; exit 100`);
      for (const name of ["archive_InRelease", "lock"]) put(`${folder.path}/${lists}/${name}`, name);
      expect((await run()).status).to.equal(1);
      return reported().at(-1)!["Tag.2.Value"];
    }

    it("says why in the detail", async () => {
      expect(await fail("E: Unable to locate package libicu74")).to.equal(
        "The runner's dependencies could not be installed: E: Unable to locate package libicu74",
      );
      if (existsSync("/usr/bin/docker")) return;
      putCommands(`${folder.path}/commands`, { "apt-get": "echo E: No space left on device; exit 100" });
      rmSync(`${folder.path}/commands/docker`);
      await boot();
      expect(reported().at(-1)!["Tag.2.Value"]).to.equal(
        "The package manager could not install docker.io: E: No space left on device",
      );
    });

    it("forgets the lists, which may be half written, and has dpkg finish what was interrupted", async () => {
      await fail("E: The package lists or status file could not be parsed or opened.");
      expect(readdirSync(`${folder.path}/${lists}`)).to.deep.equal(["lock"]);
      expect(calls().filter((line) => line.startsWith("dpkg "))).to.have.length(1 + 12);
    });

    it("leaves the lists alone while another process holds their lock, and names it", async () => {
      const reason = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)";
      expect(await fail(reason)).to.include(reason);
      expect(readdirSync(`${folder.path}/${lists}`)).to.deep.equal(["archive_InRelease", "lock"]);
    });
  });

  it("a user with another home than the agent expects is an error that names both", async () => {
    const run = await prepare({ user: "ubuntu" });
    put(`${folder.path}/etc/passwd`, "ubuntu:x:1000:1000::/srv/ubuntu:/bin/bash\n");
    expect((await run()).status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.equal(
      "The user ubuntu has the home /srv/ubuntu, not /home/ubuntu: set image.user to another name.",
    );
  });

  it("installs what is missing, and nothing where the image is baked", async () => {
    const run = await prepare({ docker: true });
    rmSync(`${folder.path}/commands/docker`);
    await run();
    const installed = calls().filter((line) => line.includes(" install "));
    if (!existsSync("/usr/bin/docker")) expect(installed[0]).to.match(/--yes docker\.io$/);
    expect(file("dependencies")).to.include("installdependencies.sh");
  });

  for (const [name, osRelease] of [
    ["Rocky Linux 9.6 (Blue Onyx)", 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n'],
    ["Amazon Linux 2", 'ID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\n'],
  ] as const) {
    it(`${name}, where Longhaul can install nothing, is told at once`, async () => {
      const run = await prepare();
      put(`${folder.path}/etc/os-release`, `${osRelease}PRETTY_NAME="${name}"\n`);
      expect((await run()).status).to.equal(1);
      const detail = reported().at(-1)!["Tag.2.Value"]!;
      expect(detail).to.include(`The image is ${name}. `).and.include("Ubuntu, Debian and Amazon Linux 2023");
      expect(detail, "cut short by EC2's limit").to.match(/\(docs\/images\.md\)\.$/);
      expect(calls().filter((line) => /^(apt-get|dnf|dpkg|rpm|sleep)/.test(line))).to.deep.equal([]);
    });
  }

  it("a baked image may be any system", async () => {
    const run = await prepare({ baked: true });
    rmSync(`${folder.path}/etc/os-release`);
    expect((await run()).status).to.equal(0);
  });

  for (const osRelease of ['ID=arch\nPRETTY_NAME="Arch, $BUILD"\n', "ID=arch\nPRETTY_NAME='Arch\n"]) {
    it(`what its /etc/os-release says cannot keep the timer from being armed: ${JSON.stringify(osRelease)}`, async () => {
      const run = await prepare({ baked: true });
      bake();
      put(`${folder.path}/etc/os-release`, osRelease);
      const { status, output } = await run();
      expect(calls(), output).to.include("shutdown -P +60");
      expect(status).to.equal(0);
    });
  }

  it("a baked image that brings the runner along is taken as it is", async () => {
    const run = await prepare({ baked: true });
    bake();
    expect((await run()).status).to.equal(0);
    expect(downloads()).to.have.length(0);
    expect(calls().filter((line) => /^apt-get|^systemctl disable/.test(line))).to.have.length(0);
    expect(calls().filter((line) => line.startsWith("chown -hR"))).to.deep.equal([]);
    expect(existsSync(`${folder.path}/dependencies`)).to.equal(false);
  });

  it("a baked image's registration is another's: the machine makes its own", async () => {
    const run = await prepare({ baked: true });
    bake();
    const names = [".runner", ".runner_migrated", ".credentials", ".credentials_rsaparams"];
    for (const name of names) put(`${folder.path}/home/runner/actions-runner/${name}`, "another's");
    expect((await run()).status).to.equal(0);
    const left = names.filter((name) => existsSync(`${folder.path}/home/runner/actions-runner/${name}`));
    expect(left, "as registering leaves it").to.deep.equal([".runner"]);
    expect(file("home/runner/actions-runner/.runner")).to.equal("");
  });

  for (const locked of ["", "actions-runner", "actions-runner/_diag", "actions-runner/_work"]) {
    it(`a baked image from before there was the user gives it what is root's: ~/${locked}`, async () => {
      const run = await prepare({ baked: true });
      bake();
      put(`${folder.path}/home/runner/${locked}/of-root`, "");
      const { status, output } = await run();
      expect(status, output).to.equal(0);
      const given = `${folder.path}/home/runner/${locked}`.replace(/\/$/, "");
      expect(calls()).to.include(`chown -hR runner: ${given}`);
      expect(output).to.include(`longhaul: runner could not write to ${given}: it is given to that user`);
    });
  }

  it("a runner that cannot be started is told before the token is used, and tried again", async () => {
    const run = await prepare({ baked: true });
    bake();
    put(`${folder.path}/library-missing`, "");
    const { status, output } = await run();
    expect(status).to.equal(1);
    expect(output).to.include(
      "boot failed: The runner cannot be started as runner. It says: Couldn't find a valid ICU package\n",
    );
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
    expect(existsSync(`${folder.path}/node-calls`)).to.equal(false);
    rmSync(`${folder.path}/library-missing`);
    expect((await run()).status).to.equal(0);
  });

  it("jobs get sudo and Docker only where the configuration says so", async () => {
    await (
      await prepare({ sudo: false, docker: false })
    )();
    expect(existsSync(`${folder.path}/etc/sudoers.d/90-longhaul`)).to.equal(false);
    expect(calls().filter((line) => line.includes("docker"))).to.deep.equal([]);
  });

  it("proxy and certificates reach the agent, the package manager, Docker and the jobs", async () => {
    const certificate = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
    const run = await prepare({
      proxy: { https: 'http://user:p"a$s@proxy:3128', noProxy: ["intra.example"] },
      caBundle: certificate("one") + certificate("two"),
    });
    // Through which proxy EC2 is told of the boot.
    const told = '[[ $* != *Tag.1.Value=booting* ]] || echo "$https_proxy" >>"$LONGHAUL_ROOT/first-words"';
    put(`${folder.path}/commands/curl`, `#!/bin/bash\n${told}\nexec /usr/bin/curl "$@"\n`, 0o755);
    // Everything here is on loopback, which is reached directly.
    expect((await run()).status).to.equal(0);
    const etc = `${folder.path}/etc`;
    const lines = file("etc/longhaul/connection.env").trim().split("\n");
    expect(lines).to.include('https_proxy="http://user:p\\"a\\$s@proxy:3128"');
    expect(lines).to.include('no_proxy="localhost,127.0.0.1,127.0.0.1,intra.example"');
    expect(lines).to.include('NODE_USE_ENV_PROXY="1"');
    expect(lines).to.include(`NODE_EXTRA_CA_CERTS="${etc}/longhaul/ca-bundle.pem"`);
    expect(file("etc/apt/apt.conf.d/95longhaul")).to.equal(
      'Acquire::https::Proxy "http://user:p%22a$s@proxy:3128";\n',
    );
    expect(file("etc/systemd/system/docker.service.d/longhaul.conf")).to.include(
      `${etc}/longhaul/connection.env`,
    );
    expect(file("usr/local/share/ca-certificates/longhaul-1.crt").trim()).to.equal(certificate("one").trim());
    expect(file("usr/local/share/ca-certificates/longhaul-2.crt").trim()).to.equal(certificate("two").trim());
    const jobs = file("home/runner/actions-runner/.env").split("\n");
    expect(jobs).to.include('https_proxy=http://user:p"a$s@proxy:3128');
    expect(file("first-words")).to.equal('http://user:p"a$s@proxy:3128\n');
    expect(jobs).to.include(`NODE_EXTRA_CA_CERTS=${etc}/longhaul/ca-bundle.pem`);
  });

  it("closes the metadata service to users at each boot, before anything of theirs runs", async () => {
    const run = await prepare({ bootSteps: ["docker step"] });
    put(`${folder.path}/commands/iptables`, iptablesWithoutRules, 0o755);
    for (const boot of ["first", "later"]) {
      expect((await run()).status).to.equal(0);
      const order = calls();
      const closed = order.indexOf(
        "iptables -w -I OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT",
      );
      expect(closed, boot).to.be.above(-1);
      const begun = order.findIndex((line) => /^(docker step|systemctl start longhaul-agent)/.test(line));
      expect(begun, boot).to.be.above(closed);
      rmSync(`${folder.path}/commands/calls`); // And with it the rules, as at a reboot.
    }
  });

  it("has a unit close it before the network and before everything else that a boot starts", async () => {
    const run = await prepare();
    await run();
    expect(calls()).to.include("systemctl enable longhaul-metadata.service");
    const lines = file("etc/systemd/system/longhaul-metadata.service").split("\n");
    expect(lines).to.include.members([
      "DefaultDependencies=no",
      "Wants=network-pre.target",
      "After=local-fs.target netfilter-persistent.service ufw.service nftables.service",
      "Before=network-pre.target sysinit.target",
      "TimeoutStartSec=60", // The boot waits for it.
      "WantedBy=sysinit.target",
    ]);
  });

  it("has that unit wait for no service of Fedora's kin that itself waits for sysinit.target: systemd would drop one", async () => {
    const run = await prepare({ baked: true });
    bake();
    put(`${folder.path}/etc/os-release`, 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n');
    expect((await run()).status).to.equal(0);
    const unit = file("etc/systemd/system/longhaul-metadata.service");
    expect(unit)
      .to.match(/^After=local-fs\.target /m)
      .and.not.include("nftables.service");
  });

  it("runs no job where it cannot be closed, and says why", async () => {
    const run = await prepare();
    put(`${folder.path}/commands/iptables`, "#!/bin/bash\nexit 1\n", 0o755);
    const { status, output } = await run();
    expect(status).to.equal(1);
    expect(output).to.include("boot failed: The metadata service could not be closed to users");
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
    expect(existsSync(`${folder.path}/home/runner/actions-runner`)).to.equal(false);
  });

  describe("denies the jobs' user what starts without a job", () => {
    const etc = (name: string) => file(`etc/${name}`).trim().split("\n");
    const timers = (...names: string[]) => {
      putCommands(`${folder.path}/commands`, Object.fromEntries(names.map((name) => [name, ""])));
    };

    it("once, and only after the boot steps", async () => {
      const run = await prepare({ bootSteps: ["cp $LONGHAUL_ROOT/etc/cron.deny $LONGHAUL_ROOT/seen"] });
      timers("crontab", "at");
      for (const list of ["cron", "at"]) put(`${folder.path}/etc/${list}.deny`, "games\n");
      for (const boot of ["first", "later"]) {
        expect((await run()).status, boot).to.equal(0);
        expect(etc("cron.deny"), boot).to.deep.equal(["games", "runner"]);
        expect(etc("at.deny"), boot).to.deep.equal(["games", "runner"]);
      }
      expect(file("seen")).to.equal("games\n");
      expect(readlinkSync(`${folder.path}/etc/systemd/system/user@1001.service`)).to.equal("/dev/null");
    });

    it("on a line of its own, also where the list's last line has no end", async () => {
      const run = await prepare();
      timers("crontab");
      put(`${folder.path}/etc/cron.deny`, "games");
      expect((await run()).status).to.equal(0);
      expect(etc("cron.deny")).to.deep.equal(["games", "runner"]);
    });

    it("not before the boot steps have run, also where the image has denied it already", async () => {
      const kept = "$LONGHAUL_ROOT/etc/{cron,at}.deny $LONGHAUL_ROOT/etc/systemd/system";
      const run = await prepare({
        bootSteps: [`mkdir $LONGHAUL_ROOT/seen; cp -a ${kept} $LONGHAUL_ROOT/seen`],
      });
      timers("crontab", "at");
      for (const list of ["cron", "at"]) put(`${folder.path}/etc/${list}.deny`, "games\nrunner\n");
      symlinkSync("/dev/null", `${folder.path}/etc/systemd/system/user@1001.service`);
      expect((await run()).status).to.equal(0);
      for (const list of ["cron", "at"]) expect(file(`seen/${list}.deny`)).to.equal("games\n");
      expect(readdirSync(`${folder.path}/seen/system`)).to.not.include("user@1001.service");
      expect(etc("cron.deny")).to.deep.equal(["games", "runner"]);
      expect(readlinkSync(`${folder.path}/etc/systemd/system/user@1001.service`)).to.equal("/dev/null");
    });

    it("with no list of at's where there was none: then root alone may use it, and with one everybody else could", async () => {
      const run = await prepare();
      timers("at");
      expect((await run()).status).to.equal(0);
      expect(existsSync(`${folder.path}/etc/at.deny`)).to.equal(false);
    });

    it("also where a list of those who may names it, for that counts alone", async () => {
      const run = await prepare();
      timers("crontab");
      put(`${folder.path}/etc/cron.allow`, "runner\ngames\n");
      expect((await run()).status).to.equal(0);
      expect(etc("cron.allow")).to.deep.equal(["games"]);
    });

    it("with no list for what is not installed: its package would ask about it", async () => {
      const run = await prepare();
      expect((await run()).status).to.equal(0);
      const isInstalled = spawnSync("bash", ["-c", "command -v crontab"]).status === 0; // On this computer.
      expect(existsSync(`${folder.path}/etc/cron.deny`)).to.equal(isInstalled);
    });
  });

  it("has the runner call the hooks of jobs, and remembers what was there before the first", async () => {
    const run = await prepare({ bootSteps: ['echo token >"$LONGHAUL_ROOT/home/runner/.netrc"'] });
    expect((await run()).status).to.equal(0);
    const hooks = ["started", "completed"].map((hook) => `${folder.path}/opt/longhaul/job-${hook}.sh`);
    expect(file("home/runner/actions-runner/.env").trim().split("\n")).to.deep.equal([
      `ACTIONS_RUNNER_HOOK_JOB_STARTED=${hooks[0]}`,
      `ACTIONS_RUNNER_HOOK_JOB_COMPLETED=${hooks[1]}`,
    ]);
    for (const hook of hooks) expect(statSync(hook).isFile(), hook).to.equal(true);
    expect(file("var/lib/longhaul/before")).to.include("./.netrc\n");
    const packed = execFileSync("tar", ["-tf", `${folder.path}/var/lib/longhaul/personal.tar`]);
    expect(packed.toString()).to.equal(".netrc\n");
  });
});

/** Notes its calls as the other commands do; a rule is there once it was inserted. */
const iptablesWithoutRules = `#!/bin/bash
calls=$LONGHAUL_ROOT/commands/calls
printf '%s\\n' "iptables $*" >>"$calls"
[[ $2 != -C ]] || grep -qxF "iptables -w -I \${*:3}" "$calls"
`;
