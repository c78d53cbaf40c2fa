import { chmodSync } from "node:fs";
import { put } from "./fixture.ts";

/**
 * Puts commands into a folder for the front of a PATH. Each writes its command
 * line to `<folder>/calls` and then does what is given here.
 */
export function putCommands(folder: string, commands: Record<string, string>): void {
  for (const [name, script] of Object.entries(commands)) {
    const path = `${folder}/${name}`;
    put(path, `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>'${folder}/calls'\n${script}\n`, 0o755);
    chmodSync(path, 0o755);
  }
}

const becomeTheRest = 'while [[ $1 != -- ]]; do shift; done; shift; exec "$@"';

/** `setpriv` that changes nobody and becomes the command behind `--`. */
export const setprivCommand = becomeTheRest;

/** `systemd-run` that makes no scope and becomes the command behind `--`. */
export const systemdRunCommand = becomeTheRest;
