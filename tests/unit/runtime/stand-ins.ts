import { chmodSync } from "node:fs";
import { put } from "./fixture.ts";

/**
 * Puts commands into a folder that goes first in a PATH. Each appends its command
 * line to `<folder>/calls` and then runs its script.
 */
export function putCommands(folder: string, commands: Record<string, string>): void {
  for (const [name, script] of Object.entries(commands)) {
    const path = `${folder}/${name}`;
    put(path, `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>'${folder}/calls'\n${script}\n`, 0o755);
    chmodSync(path, 0o755);
  }
}

const becomeTheRest = 'while [[ $1 != -- ]]; do shift; done; shift; exec "$@"';

/** A `setpriv` that changes no user and becomes the command after `--`. */
export const setprivCommand = becomeTheRest;

/** A `systemd-run` that makes no scope and becomes the command after `--`. */
export const systemdRunCommand = becomeTheRest;
