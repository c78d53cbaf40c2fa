import { lowerCase, repeated } from "./repeated.ts";
import type { Finding } from "../issues.ts";
import type { GithubConfiguration } from "../schema.ts";

/** Who owns the runners, and who may use them. */
export function githubFindings(github: GithubConfiguration): Finding[] {
  return [...scopeFindings(github), ...runnerGroupFindings(github), ...urlFindings(github)];
}

const scope = [
  ["github", "organization"],
  ["github", "repository"],
];

function scopeFindings({ organization, repository }: GithubConfiguration): Finding[] {
  if (organization !== undefined && repository !== undefined) {
    const message = `has both organization (${organization}) and repository (${repository}), and a runner belongs to one of them; remove one`;
    return [{ path: ["github"], message, because: scope }];
  }
  if (organization === undefined && repository === undefined) {
    const message = "has neither organization nor repository; set the one to which the runners belong";
    return [{ path: ["github"], message, because: scope }];
  }
  return [];
}

function runnerGroupFindings({
  organization,
  repository,
  runnerGroup: group,
}: GithubConfiguration): Finding[] {
  if (!group) return [];
  const path = ["github", "runnerGroup"];
  if (organization === undefined) {
    const message = `is for organisations only${repository === undefined ? "" : `, and the runners belong to the repository ${repository}`}; remove it, or name the organization instead`;
    return [{ path, message, because: scope }];
  }
  const because = [[...path, "visibility"]];
  if (group.visibility === "selected" && group.repositories.length === 0) {
    const message =
      "names no repository, so no repository could use the runners; name some, or set visibility to private or all";
    return [{ path: [...path, "repositories"], message, because }];
  }
  if (group.visibility !== "selected" && group.repositories.length > 0) {
    const message = `counts only with visibility selected, and visibility is ${group.visibility}; remove one of the two`;
    return [{ path: [...path, "repositories"], message, because }];
  }
  return repeated(group.repositories, lowerCase).map((index) => ({
    path: [...path, "repositories", index],
    message: `"${group.repositories[index]!}" is there already; remove one`,
  }));
}

function urlFindings({ url }: GithubConfiguration): Finding[] {
  const { pathname, search, hash, origin } = new URL(url);
  if (/^\/*$/.test(pathname) && search === "" && hash === "") return [];
  const message = `must be GitHub's own address and nothing behind it, ${origin}; the owner goes into organization or repository`;
  return [{ path: ["github", "url"], message }];
}
