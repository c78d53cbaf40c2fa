import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../contract/failure.ts";
import type { Unit } from "./units.ts";
import { parseUnit } from "./units.ts";

/** The unit files of a machine, read again each time, and the units that its boot starts. */
export interface UnitFiles {
  /** @throws when the unit does not exist, or is masked */
  load(name: string): Unit;
  exists(name: string): boolean;
  isMasked(name: string): boolean;
  enable(name: string): void;
  /** @throws when the unit does not exist, as systemctl fails then */
  disable(name: string): void;
  /** Names of the units that the boot starts. */
  enabled(): string[];
}

/**
 * The boot starts the units that these targets want. The units' own order
 * decides, not the target that wants them.
 */
const bootTargets = ["sysinit.target", "multi-user.target"];

/** @param root the machine's root folder */
export function unitFiles(root: string): UnitFiles {
  const folder = join(root, "etc/systemd/system");
  const wanted = bootTargets.map((target) => join(folder, `${target}.wants`));
  const exists = (name: string) => existsSync(join(folder, name));
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  // systemd treats an empty unit file as masked, whatever the reason that it is empty.
  const isMasked = (name: string) => exists(name) && read(name) === "";
  const load = (name: string) => {
    if (!exists(name)) throw new Failure(`Unit ${name} not found.`);
    if (isMasked(name)) throw new Failure(`Unit ${name} is masked.`);
    return parseUnit(name, read(name));
  };
  return {
    load,
    exists,
    isMasked,
    enable(name) {
      const unit = load(name);
      for (const [index, target] of bootTargets.entries()) {
        if (!unit.wantedBy.includes(target)) continue;
        mkdirSync(wanted[index]!, { recursive: true });
        writeFileSync(join(wanted[index]!, unit.name), "");
      }
    },
    disable(name) {
      if (!exists(name)) throw new Failure(`Failed to disable unit: Unit file ${name} does not exist.`);
      for (const wants of wanted) rmSync(join(wants, name), { force: true });
    },
    enabled: () => wanted.flatMap((wants) => (existsSync(wants) ? readdirSync(wants).filter(exists) : [])),
  };
}
