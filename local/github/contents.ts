import { createHash } from "node:crypto";
import { Failure } from "../../contract/failure.ts";
import type { Model, Repository, StoredFile } from "./model.ts";

/*
 * Commits. Each changes one file of a branch and moves the branch's head.
 */

/** @throws Error when the repository has no such branch */
export function writeFile(
  model: Model,
  repository: Repository,
  branch: string,
  path: string,
  content: Buffer,
): StoredFile {
  const commit = newCommit(model, repository, branch);
  const file = { content, sha: blobSha(content), commitSha: commit };
  repository.branches.get(branch)!.files.set(path, file);
  return file;
}

/** @returns the new commit */
export function removeFile(model: Model, repository: Repository, branch: string, path: string): string {
  repository.branches.get(branch)?.files.delete(path);
  return newCommit(model, repository, branch);
}

function newCommit(model: Model, repository: Repository, name: string): string {
  const branch = repository.branches.get(name);
  if (!branch) throw new Failure(`The repository ${repository.name} has no branch ${name}.`);
  branch.sha = createHash("sha1").update(`commit ${model.nextId()}`).digest("hex");
  return branch.sha;
}

/** As `git hash-object` computes it. */
function blobSha(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
