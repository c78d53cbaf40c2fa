import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Unit } from "./units.ts";
import { parseUnit } from "./units.ts";

/** The unit files of a machine, read anew each time, and which of them its boot starts. */
export interface UnitFiles {
  /** @throws when there is none, or it is masked */
  load(name: string): Unit;
  exists(name: string): boolean;
  enable(name: string): void;
  /** @throws when there is no such unit, as systemctl fails then */
  disable(name: string): void;
  /** Names of the units that the boot starts. */
  enabled(): string[];
}

/** @param root the machine's root folder */
export function unitFiles(root: string): UnitFiles {
  const folder = join(root, "etc/systemd/system");
  const wanted = join(folder, "multi-user.target.wants");
  const exists = (name: string) => existsSync(join(folder, name));
  const load = (name: string) => {
    if (!exists(name)) throw new Error(`Unit ${name} not found.`);
    const text = readFileSync(join(folder, name), "utf8");
    // An empty file is how systemd marks a unit that must not start, whoever has left it empty.
    if (text === "") throw new Error(`Unit ${name} is masked.`);
    return parseUnit(name, text);
  };
  return {
    load,
    exists,
    enable(name) {
      const unit = load(name);
      if (!unit.wantedBy.includes("multi-user.target")) return;
      mkdirSync(wanted, { recursive: true });
      writeFileSync(join(wanted, unit.name), "");
    },
    disable(name) {
      if (!exists(name)) throw new Error(`Failed to disable unit: Unit file ${name} does not exist.`);
      rmSync(join(wanted, name), { force: true });
    },
    enabled: () => (existsSync(wanted) ? readdirSync(wanted).filter(exists) : []),
  };
}
