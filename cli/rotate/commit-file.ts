import { execFile } from "node:child_process";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { Failure, messageOf } from "../../contract/failure.ts";
import { BadUsage } from "../exit-codes.ts";

const run = promisify(execFile);

/** Milliseconds for git alone, and for a commit with all its hooks. */
const limitMs = 20_000;
const commitLimitMs = 180_000;

/** One file in version control. */
export interface CommittedFile {
  /** True if it differs from the last commit. */
  hasChanges(): Promise<boolean>;
  /**
   * Commits this file only: no other changed or staged file is included.
   *
   * @throws Failure with git's own words
   */
  commit(message: string): Promise<void>;
}

export function committedFile(path: string): CommittedFile {
  const git = async (args: readonly string[], timeout = limitMs): Promise<string> => {
    const { stdout } = await run("git", args, { cwd: dirname(path), timeout });
    return stdout;
  };
  const file = basename(path);
  return {
    hasChanges: async () => (await git(["status", "--porcelain", "--", file])) !== "",
    commit: async (message) => {
      try {
        await git(["commit", "--quiet", "--only", "--message", message, "--", file], commitLimitMs);
      } catch (error) {
        throw new Failure(
          `git could not commit ${path}: ${wordsOf(error)}\n` +
            "The new machines are in service. Commit the file yourself, or correct what git names.",
          { cause: error },
        );
      }
    },
  };
}

/**
 * Makes sure that a commit of the file will contain the rotation's changes and
 * nothing else.
 *
 * @param mayHaveChanges whether an unfinished rotation may have left its own changes there
 * @throws BadUsage if it would contain others
 */
export async function checkCommittable(
  path: string,
  { mayHaveChanges }: { mayHaveChanges: boolean },
): Promise<void> {
  const git = (...args: string[]) => run("git", args, { cwd: dirname(path), timeout: limitMs });
  const refuse = (why: string) => (error: unknown) => {
    throw new BadUsage(`--commit: ${why} (${wordsOf(error)})`);
  };
  await git("rev-parse", "--is-inside-work-tree").catch(
    refuse(`${dirname(path)} is not in a work tree of git. Leave --commit out, or rotate in a checkout`),
  );
  await git("ls-files", "--error-unmatch", "--", basename(path)).catch(
    refuse(`${path} is not under version control. Add it and commit it first`),
  );
  await git("var", "GIT_COMMITTER_IDENT").catch(
    refuse("git does not know in whose name to commit. Set user.name and user.email"),
  );
  if (!mayHaveChanges && (await committedFile(path).hasChanges())) {
    throw new BadUsage(
      `--commit: ${path} has changes that are not committed, and they would get into the rotation's commit. Commit or stash them first.`,
    );
  }
}

function wordsOf(error: unknown): string {
  const { stderr, killed } = error as Error & { stderr?: string; killed?: boolean };
  if (killed) return "it did not end in time";
  return stderr === undefined || stderr.trim() === "" ? messageOf(error) : stderr.trim();
}
