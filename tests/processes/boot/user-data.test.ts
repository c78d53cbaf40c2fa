import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { readMachineAssets } from "../../../components/assets/assets.ts";
import { softwareScript } from "../../../components/runner-fleet/machine-software.ts";
import { compressUserData, renderUserData } from "../../../components/runner-fleet/user-data.ts";
import type { MachineConfiguration } from "../../../contract/machine.ts";
import { put } from "../../unit/runtime/fixture.ts";
import { putCommands } from "../../unit/runtime/stand-ins.ts";
import { machine } from "../../unit/user-data/machine.ts";

/** A certificate as PEM text around the given base64. */
const pem = (base64: string) =>
  `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
/** cloud-init's mark that the user data has run. cloud-init makes it before it runs the user data. */
const semaphore = "var/lib/cloud/instance/sem/config_scripts_user";
const assets = {
  boot: "#!/bin/bash\n# gone\necho boot # stays\n",
  bootParts: { "part.sh": "# gone\npart\n" },
  foreignDisk: readMachineAssets().foreignDisk,
  connection: "# gone\nconnected\n",
  hooks: "# gone\nhooks\n",
  agent: "agent();\n",
};

describe("the user data, run as cloud-init does", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "longhaul-user-data-"));
    putCommands(`${root}/commands`, {
      systemctl: "",
      sync: "",
      "update-ca-certificates": "",
      "update-ca-trust": "",
    });
    put(`${root}/var/lib/cloud/data/instance-id`, "i-1\n");
    put(`${root}/${semaphore}`, "1\n");
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  /** Runs the script as cloud-init does, with a root of its own. */
  const boot = (text: string, environment: Record<string, string> = {}) =>
    execFileSync("bash", ["-s"], {
      input: text,
      env: { PATH: `${root}/commands:/usr/bin:/bin`, LONGHAUL_ROOT: root, root, ...environment },
    });
  const file = (path: string) => readFileSync(`${root}/${path}`, "utf8");
  /** The values that boot.sh finds in these variables, then the boot steps. */
  const variables = (names: readonly string[]) =>
    execFileSync(
      "bash",
      [
        "-c",
        `source "$1"; printf '%s\\0' ${names.map((name) => `"$${name}"`).join(" ")} "\${BOOT_STEPS[@]}" "\${EVERY_BOOT[@]}"`,
        "-",
        `${root}/etc/longhaul/boot.env`,
      ],
      { encoding: "utf8" },
    )
      .split("\0")
      .slice(0, -1);

  it("puts the boot script and its unit in place, and starts the boot script without waiting for it", () => {
    boot(renderUserData(machine, assets));
    expect(file("opt/longhaul/boot.sh")).to.equal("#!/bin/bash\necho boot # stays\n");
    expect(file("opt/longhaul/boot/part.sh")).to.equal("part\n");
    expect(file("etc/systemd/system/longhaul-boot.service")).to.include(
      `ExecStart=/bin/bash "${root}/opt/longhaul/boot.sh"`,
    );
    expect(file("commands/calls").trim().split("\n")).to.deep.equal([
      "sync ",
      "systemctl stop longhaul-boot.service",
      "systemctl daemon-reload",
      "systemctl enable longhaul-boot.service",
      "sync ",
      "systemctl start --no-block longhaul-boot.service",
    ]);
    expect(file("var/lib/longhaul/instance")).to.equal("i-1\n");
    expect(existsSync(`${root}/${semaphore}`), "cloud-init's mark that the user data has run").to.equal(true);
  });

  it("runs again at the next boot if it failed", () => {
    put(`${root}/commands/systemctl`, "#!/bin/bash\n[[ $1 != enable ]]", 0o755);
    expect(() => boot(renderUserData(machine, assets))).to.throw();
    expect(existsSync(`${root}/${semaphore}`)).to.equal(false);
  });

  describe("on a disk that was made from an image", () => {
    const runner = "home/runner/actions-runner";
    const others = [
      ...[".runner", ".credentials", ".credentials_rsaparams", ".env", ".path"].map(
        (name) => `${runner}/${name}`,
      ),
      `${runner}/_diag/Runner_20260101-000000-utc.log`,
      "var/lib/longhaul/instance",
      "var/lib/longhaul/listed",
      "var/lib/longhaul/done/registration",
      "var/log/longhaul/listener.log",
      "opt/longhaul/connection.sh",
      "etc/longhaul/connection.env",
      "etc/systemd/system/longhaul-agent.service",
      "etc/systemd/system/sysinit.target.wants/longhaul-metadata.service",
      "etc/systemd/system/docker.service.d/longhaul.conf",
      "etc/sudoers.d/90-longhaul",
      "etc/apt/apt.conf.d/95longhaul",
      "usr/local/share/ca-certificates/longhaul-1.crt",
    ];
    const kept = [`${runner}/bin/Runner.Listener`, `${runner}/_work/app/file`, "home/runner/.cache/tool"];
    const lay = (owner: string) => {
      for (const path of [...others, ...kept]) put(`${root}/${path}`, "old");
      put(`${root}/var/lib/longhaul/instance`, owner);
    };
    const isThere = (path: string) => existsSync(`${root}/${path}`);

    it("removes what belongs to the other machine, and keeps the image's software", () => {
      lay("i-2\n");
      boot(renderUserData(machine, assets));
      expect(others.filter(isThere)).to.deep.equal(["var/lib/longhaul/instance"]);
      expect(file("var/lib/longhaul/instance")).to.equal("i-1\n");
      expect(kept.filter(isThere)).to.deep.equal(kept);
    });

    it("rebuilds the system's certificate list without the other machine's, and then restarts Docker", () => {
      lay("i-2\n");
      const there = `[[ ! -e ${root}/usr/local/share/ca-certificates/longhaul-1.crt ]] || exit 1`;
      putCommands(`${root}/commands`, { "update-ca-certificates": there });
      boot(renderUserData(machine, assets));
      const calls = file("commands/calls").split("\n");
      expect(calls.slice(calls.indexOf("update-ca-certificates --fresh"))).to.include.ordered.members([
        "update-ca-certificates --fresh",
        "systemctl daemon-reload",
        "systemctl try-restart docker.service",
      ]);
    });

    it("ends the other machine's agent and listener before anything else", () => {
      lay("i-2\n");
      copyFileSync("/bin/sleep", `${root}/${runner}/bin/Runner.Listener`);
      chmodSync(`${root}/${runner}/bin/Runner.Listener`, 0o755);
      const listener = spawn(`${root}/${runner}/bin/Runner.Listener`, ["600"], { cwd: `${root}/${runner}` });
      const ended = new Promise((resolve) => {
        listener.once("exit", (_, signal) => {
          resolve(signal);
        });
      });
      boot(renderUserData(machine, assets));
      expect(file("commands/calls").split("\n").slice(0, 3)).to.deep.equal([
        "sync ",
        "systemctl stop longhaul-boot.service",
        "systemctl stop longhaul-agent.service",
      ]);
      return ended.then((signal) => {
        expect(signal).to.equal("SIGKILL");
      });
    });

    it("removes nothing if the disk belongs to the instance, even if it runs again", () => {
      lay("i-1\n");
      boot(renderUserData(machine, assets));
      expect(others.filter(isThere)).to.deep.equal(others);
      expect(file("commands/calls")).to.not.include("stop longhaul-agent");
    });

    it("removes nothing if no Longhaul machine has used the disk, because an image may bring a runner with settings", () => {
      for (const path of [`${runner}/.env`, ...kept]) put(`${root}/${path}`, "image's");
      boot(renderUserData(machine, assets));
      expect(file(`${runner}/.env`)).to.equal("image's");
    });
  });

  it("contains the connection script only if there is a proxy or a CA bundle", () => {
    const carries = (change: Partial<MachineConfiguration>) =>
      renderUserData({ ...machine, ...change }, assets).includes("connection.sh");
    expect(carries({})).to.equal(false);
    expect(carries({ proxy: { http: "http://proxy:3128", noProxy: [] } })).to.equal(true);
    expect(carries({ caBundle: pem("AA==") })).to.equal(true);
  });

  it("delivers every value to the machine unchanged, whatever characters it contains", () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        "`id`",
        "$(id)",
        "$HOME",
        "\\",
        "\n",
        "\r\n",
        "END_OF_FILE",
        "\nEND_OF_FILE\n",
        "\nEND_OF_FILE_\n",
        "!x",
        "#",
        "%n",
        "ü€",
        "\u2028",
      ),
      fc.string({ unit: "grapheme", maxLength: 12 }),
    );
    const value = fc.array(nasty, { maxLength: 6 }).map((parts) => parts.join("").replaceAll("\0", ""));
    const values = fc.record({
      url: value,
      user: value,
      http: value,
      https: value,
      noProxy: fc.array(value, { maxLength: 2 }),
      certificates: fc.array(fc.base64String({ minLength: 4, maxLength: 200 }), {
        minLength: 1,
        maxLength: 3,
      }),
      bootSteps: fc.array(value, { maxLength: 3 }),
      everyBoot: fc.array(value, { maxLength: 3 }),
      agent: value,
    });
    fc.assert(
      fc.property(
        values,
        ({ url, user, http, https, noProxy, certificates, bootSteps, everyBoot, agent }) => {
          const given: MachineConfiguration = {
            ...machine,
            user,
            runnerSoftware: { ...machine.runnerSoftware, url },
            proxy: { http, https, noProxy },
            caBundle: certificates.map((base64) => pem(base64)).join("A comment\n"),
            bootSteps,
            everyBoot,
          };
          boot(renderUserData(given, assets));
          // The boot script fetches and runs this part itself.
          boot(softwareScript({ ...assets, agent: `${agent}\n` }));
          const forAgent = JSON.parse(file("etc/longhaul/machine.json")) as MachineConfiguration;
          expect(given).to.deep.include({ ...forAgent, runnerSoftware: given.runnerSoftware });
          expect(forAgent.runnerSoftware).to.deep.equal({ selfUpdate: given.runnerSoftware.selfUpdate });
          expect(forAgent).to.not.have.any.keys("bootSteps", "everyBoot", "caBundle", "proxy");
          expect(file("etc/longhaul/ca-bundle.base64").trim().split("\n")).to.deep.equal(certificates);
          expect(file("opt/longhaul/agent.mjs")).to.equal(`${agent}\n`);
          const names = ["TARBALL_URL", "RUNNER_USER", "PROXY_HTTP", "PROXY_HTTPS", "PROXY_NONE"];
          const steps = [...bootSteps, ...everyBoot];
          expect(variables(names)).to.deep.equal([url, user, http, https, noProxy.join(","), ...steps]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("refuses a NUL character, which no shell can carry", () => {
    expect(() => renderUserData({ ...machine, bootSteps: ["a\0b"] }, assets)).to.throw(
      /NUL character: "a\\u0000b"/,
    );
  });

  it("depends only on its arguments", () => {
    expect(renderUserData(machine, assets)).to.equal(renderUserData(structuredClone(machine), { ...assets }));
  });

  it("is compressed with gzip, which cloud-init unpacks", () => {
    const real = readMachineAssets();
    const packed = compressUserData(
      renderUserData({ ...machine, caBundle: pem("AA==") }, real),
      machine.runner,
    );
    boot(gunzipSync(Buffer.from(packed, "base64")).toString());
    expect(file("etc/longhaul/ca-bundle.base64")).to.equal("AA==\n");
    expect(file("opt/longhaul/boot.sh")).to.include('step "registering"');
  });

  it("is an error with the sizes and a remedy if EC2 would refuse it", () => {
    const noise = Array.from({ length: 9000 }, (_, index) => (index * 7919 * 104_729).toString(36)).join("");
    expect(() => compressUserData(noise, "dev-cloud-1")).to.throw(
      /^The user data of dev-cloud-1 takes \d+ bytes compressed, and EC2 takes at most 16384\. Shorten the fleet's bootSteps, its everyBoot or/,
    );
  });
});

describe("the machine's programs", () => {
  it("are the boot scripts and the built agent", () => {
    const { boot, connection, agent } = readMachineAssets();
    expect(boot).to.match(/^#!\/bin\/bash\n/);
    expect(connection).to.include("connect()");
    expect(agent).to.include("longhaul");
  });

  it("still parse without their comments and indentation", () => {
    const real = readMachineAssets();
    const text = renderUserData({ ...machine, caBundle: pem("AA==") }, real);
    for (const name of ["boot.sh", ...Object.keys(real.bootParts), "connection.sh"]) {
      const script = text.split(`${name}" <<'END_OF_FILE'\n`)[1]!.split("\nEND_OF_FILE\n")[0]!;
      execFileSync("bash", ["-n"], { input: script });
      expect(script).to.not.match(/^ *# /m);
    }
  });
});
