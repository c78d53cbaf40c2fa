import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sourcePath } from "./bundle.ts";
import { markWritten } from "./power-cut.ts";

/** The systems that local machines can have, by the `ID` of os-release(5). */
export type Distribution = "ubuntu" | "amzn";

interface System {
  osRelease: string;
  /** What `rpm` knows as installed on a fresh image; absent where there is no rpm. */
  packages?: readonly string[];
}

const systems: Record<Distribution, System> = {
  ubuntu: {
    osRelease: `PRETTY_NAME="Ubuntu 24.04.3 LTS"
VERSION_ID="24.04"
ID=ubuntu
ID_LIKE=debian
`,
  },
  // Its image has neither git nor iptables, and of the libraries of .NET it lacks ICU.
  amzn: {
    osRelease: `VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PRETTY_NAME="Amazon Linux 2023.9.20250929"
`,
    packages: "curl-minimal findutils krb5-libs openssl-libs procps-ng python3 sudo systemd tar zlib".split(
      " ",
    ),
  },
};

const osReleaseFile = "etc/os-release";

/** Lays a system on a disk that has none: a new one, not a stopped machine's or a copy. */
export function installSystem(root: string, distribution: Distribution): void {
  if (existsSync(join(root, osReleaseFile))) return;
  const { osRelease, packages } = systems[distribution];
  for (const folder of ["etc", "var/lib/rpm"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, osReleaseFile), osRelease);
  if (packages) writeFileSync(join(root, "var/lib/rpm/packages"), `${packages.join("\n")}\n`);
  markWritten(root);
}

/** Folders of the commands that stand in for those of a disk's system, for `PATH`: its own before those of all. */
export function commandFolders(root: string): string[] {
  const common = sourcePath("local/machines/commands");
  const [, id] = /^ID="?(\w+)/m.exec(readFileSync(join(root, osReleaseFile), "utf8")) ?? [];
  return [join(common, id ?? ""), common].filter((folder) => existsSync(folder));
}
