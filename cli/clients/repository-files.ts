import type { Octokit } from "@octokit/rest";
import { githubCall } from "./github-call.ts";
import { hasStatus, ServiceError } from "./service-error.ts";

/** The present file of a branch. */
export interface StandingFile {
  text: string;
  /** Git's hash of it. GitHub changes nothing without it, because others may have changed the file. */
  sha: string;
  /** `owner/name` of its repository today: GitHub redirects requests for a former name. */
  repository: string;
}

/** Files of a repository's default branch. Each change is a commit of its own. */
export interface RepositoryFiles {
  /** Undefined if the file or the repository does not exist. */
  read(path: string): Promise<StandingFile | undefined>;
  /** @param over the file that it replaces; absent: there must be no file */
  write(path: string, text: string, message: string, over?: StandingFile): Promise<void>;
  remove(path: string, message: string, standing: StandingFile): Promise<void>;
}

/**
 * GitHub answers 409 to a commit that came just before another one, which is
 * temporary. It also answers 409 to a commit that breaks a rule, which is not.
 */
const retries = 2;

/** @throws ServiceError from each of its functions */
export function repositoryFilesOf(octokit: Octokit, owner: string, repo: string): RepositoryFiles {
  const { repos } = octokit.rest;
  const name = `${owner}/${repo}`;
  const request = { retries };
  return {
    read: async (path) => {
      try {
        const { data } = await githubCall(`reading ${path} in ${name}`, () =>
          repos.getContent({ owner, repo, path }),
        );
        if (!("content" in data)) {
          throw new ServiceError(`${path} in ${name} is not a file.`, { transient: false });
        }
        const { content, sha, html_url } = data;
        return {
          text: Buffer.from(content, "base64").toString(),
          sha,
          repository: repositoryIn(html_url) ?? name,
        };
      } catch (error) {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      }
    },
    write: async (path, text, message, over) => {
      const content = Buffer.from(text).toString("base64");
      const commit = { owner, repo, path, message, content, ...(over && { sha: over.sha }), request };
      await githubCall(`writing ${path} to ${name}`, () => repos.createOrUpdateFileContents(commit));
    },
    remove: async (path, message, { sha }) => {
      await githubCall(`deleting ${path} from ${name}`, () =>
        repos.deleteFile({ owner, repo, path, message, sha, request }),
      );
    },
  };
}

/** @param pageUrl of a file, for example `https://github.com/acme/app/blob/main/README.md` */
function repositoryIn(pageUrl: string | null): string | undefined {
  return /^https?:\/\/[^/]+\/([^/]+\/[^/]+)\/blob\//.exec(pageUrl ?? "")?.[1];
}
