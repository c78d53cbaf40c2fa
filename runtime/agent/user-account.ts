import { Failure } from "../../contract/failure.ts";
import type { RunCommand } from "./command.ts";

/** The user that the runner and its jobs run as. */
export interface UserAccount {
  name: string;
  groupId: string;
  home: string;
}

/** @throws when the machine has no such user */
export async function readAccount(user: string, run: RunCommand): Promise<UserAccount> {
  const { code, output } = await run("getent", ["passwd", user]);
  const [name, , , groupId, , home] = output.trim().split(":");
  if (code !== 0 || !name || !groupId || !home) {
    throw new Failure(`There is no user ${user} on this machine: the boot script should have made it.`);
  }
  return { name, groupId, home };
}

/** The words before a command that make it run as the account, with all its groups. */
export function asUser({ name, groupId }: UserAccount): [string, ...string[]] {
  return ["setpriv", "--reuid", name, "--regid", groupId, "--init-groups", "--"];
}

/** The variables that a login would set for the account. */
export function accountEnvironment({ name, home }: UserAccount): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name };
}
