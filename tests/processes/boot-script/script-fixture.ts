import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
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

/** The credentials of the machine's role. */
export const secrets = {
  AccessKeyId: "ASIACANARY0000000001",
  SecretAccessKey: "canary-secret-access-key",
  Token: "canary-session-token",
};
/** The files that the user data brings, with an agent that is easy to recognise. */
export const assets = { ...readMachineAssets(), agent: "// never run here\n" };

/** The runner's Node. It registers by writing the file that config.sh writes. */
export const node = `#!/bin/bash
[[ $1 != -e ]] || exec ${process.execPath} "$@"
echo "node $*" >>"$LONGHAUL_ROOT/node-calls"
[[ $2 == register && ! -e $LONGHAUL_ROOT/registration-fails ]] || exit 1
touch "$LONGHAUL_ROOT/home/runner/actions-runner/.runner"
`;

/** The agent's unit. */
export const agentUnit = "longhaul-agent.service";

/** The runner's listener, which prints its version or the library that it lacks. */
export const listener = `#!/bin/bash
[[ ! -e $LONGHAUL_ROOT/library-missing ]] || { echo "Couldn't find a valid ICU package"; echo "   at System.…"; exit 134; }
echo 2.338.0
`;

/**
 * The real boot script on a machine of its own for each test of the suite that
 * calls this. A folder is the machine's root, the commands that would change a computer
 * only record their calls, and one server stands for AWS, the metadata service
 * and GitHub's downloads.
 */
export function bootScript() {
  const packed = temporaryFolder();
  let tarball: Buffer;
  let folder: ReturnType<typeof temporaryFolder>;
  let server: ScriptedServer | undefined;
  let ec2: ScriptedAnswer;
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

  /** The text of a file of the machine. */
  const file = (path: string) => readFileSync(`${folder.path}/${path}`, "utf8");
  /** The calls that the commands have recorded. */
  const calls = () => file("commands/calls").trim().split("\n");
  /** The tags that were put on the instance, the latest last. */
  const reported = () =>
    server!.requests
      .filter(({ method, path, headers }) => method === "POST" && path === "/" && !headers["x-amz-target"])
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  const downloads = () => server!.requests.filter(({ path }) => path === "/runner.tar.gz");

  /** SSM's answer to a request for the software. The order is arbitrary, and unknown names are left out. */
  const software = (script: string) => (request: ReceivedRequest) => {
    const { Names } = JSON.parse(request.body) as { Names: string[] };
    expect(Names).to.have.length(10);
    const pieces = packSoftware(script).map((Value, index) => ({ Name: Names[index]!, Value }));
    return { body: JSON.stringify({ InvalidParameters: [], Parameters: pieces.reverse() }) };
  };

  /** Prepares a machine for its first boot. @returns what boots it */
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
      // A folder with the file `of-root` in it stands for one that root owns.
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
    const configuration: MachineConfiguration = {
      ...machine,
      aws: { ...machine.aws, endpoints: { ...machine.aws.endpoints, ec2: running.url, ssm: running.url } },
      runnerSoftware: {
        ...machine.runnerSoftware,
        url: `${running.url}/runner.tar.gz`,
        sha256: createHash("sha256").update(tarball).digest("hex"),
      },
      ...change,
    };
    // cloud-init runs the user data in the same way. `boot` stands for the unit's start.
    execFileSync("bash", { input: renderUserData(configuration, assets), env: environment() });
    rmSync(`${folder.path}/commands/calls`);
    return boot;
  }

  const environment = () => ({
    PATH: `${folder.path}/commands:/usr/bin:/bin:/usr/sbin:/sbin`,
    LONGHAUL_ROOT: folder.path,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: server!.url,
  });

  /** Starts the boot script, as its unit does. */
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

  /** Puts the runner to where a baked image has it. */
  const bake = () => {
    put(`${folder.path}/home/runner/actions-runner/bin/Runner.Listener`, listener, 0o755);
    put(`${folder.path}/home/runner/actions-runner/externals/node20/bin/node`, node, 0o755);
  };

  return {
    /** The machine's root. */
    get root() {
      return folder.path;
    },
    get server() {
      return server!;
    },
    /** The runner's tarball that the server serves. */
    get tarball() {
      return tarball;
    },
    /** EC2's answer to each report. */
    set ec2(answer: ScriptedAnswer) {
      ec2 = answer;
    },
    /** Whether the metadata service fails every request. */
    set isSilent(silent: boolean) {
      isSilent = silent;
    },
    file,
    calls,
    reported,
    downloads,
    software,
    prepare,
    boot,
    bake,
  };
}
