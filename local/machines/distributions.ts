import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownPath } from "../own-files.ts";
import { markWritten } from "./power-cut.ts";

/** The systems that local machines can have, by the `ID` of os-release(5). */
export type Distribution = "ubuntu" | "amzn";

/** The administrator that cloud-init makes on an image. */
export interface DefaultUser {
  name: string;
  /** The user's full name. */
  gecos: string;
  /** Lines of etc/group without the members, for example `adm:x:4`. */
  groups: readonly string[];
}

interface System {
  osRelease: string;
  defaultUser: DefaultUser;
  /** Packages that `rpm` knows as installed on a fresh image; absent where there is no rpm. */
  packages?: readonly string[];
}

const systems: Record<Distribution, System> = {
  ubuntu: {
    osRelease: `PRETTY_NAME="Ubuntu 24.04.3 LTS"
VERSION_ID="24.04"
ID=ubuntu
ID_LIKE=debian
`,
    defaultUser: { name: "ubuntu", gecos: "Ubuntu", groups: ["adm:x:4", "sudo:x:27", "lxd:x:101"] },
  },
  // The image has neither git nor iptables. Of the libraries that .NET needs, it lacks ICU.
  amzn: {
    osRelease: `VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PRETTY_NAME="Amazon Linux 2023.9.20250929"
`,
    defaultUser: {
      name: "ec2-user",
      gecos: "EC2 Default User",
      groups: ["wheel:x:10", "adm:x:4", "systemd-journal:x:190"],
    },
    packages: "curl-minimal findutils krb5-libs openssl-libs procps-ng python3 sudo systemd tar zlib".split(
      " ",
    ),
  },
};

const osReleaseFile = "etc/os-release";

/**
 * Installs a system on an empty disk, such as a new machine's. A stopped
 * machine's disk and a copy already have one.
 */
export function installSystem(root: string, distribution: Distribution): void {
  if (existsSync(join(root, osReleaseFile))) return;
  const { osRelease, packages } = systems[distribution];
  for (const folder of ["etc", "var/lib/rpm"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, osReleaseFile), osRelease);
  if (packages) writeFileSync(join(root, "var/lib/rpm/packages"), `${packages.join("\n")}\n`);
  markWritten(root);
}

/**
 * Folders of the commands that stand in for those of a disk's system, for
 * `PATH`: the system's own folder comes before the common one.
 */
export function commandFolders(root: string): string[] {
  const common = ownPath("machines/commands");
  return [join(common, systemOf(root) ?? ""), common].filter((folder) => existsSync(folder));
}

/** The default user of an image of the disk's system; undefined for an unknown system. */
export function defaultUserOf(root: string): DefaultUser | undefined {
  const id = systemOf(root);
  return Object.entries(systems).find(([name]) => name === id)?.[1].defaultUser;
}

/** The `ID` of a disk's os-release(5). */
function systemOf(root: string): string | undefined {
  return /^ID="?(\w+)/m.exec(readFileSync(join(root, osReleaseFile), "utf8"))?.[1];
}
