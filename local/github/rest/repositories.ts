import { Hono } from "hono";
import type { Context } from "hono";
import { checkCommit } from "../branch-rules.ts";
import { removeFile, writeFile } from "../contents.ts";
import { fullName } from "../model.ts";
import type { Model, Repository, StoredFile } from "../model.ts";
import { allows, callerOf, repositoryOf } from "./access.ts";
import { ApiError, bodyOf, notFound, paged, textIn } from "../answers.ts";
import type { Body } from "../answers.ts";

type Summary = Pick<
  Body<"GET /repos/{owner}/{repo}">,
  | "id"
  | "node_id"
  | "name"
  | "full_name"
  | "private"
  | "visibility"
  | "html_url"
  | "url"
  | "default_branch"
  | "archived"
> & { owner: { login: string } };
type FileBody = Extract<Body<"GET /repos/{owner}/{repo}/contents/{path}">, { type: "file"; content: string }>;

/** A repository, as far as GitHub's clients need it. Every repository here is private. */
export function repositoryBody(model: Model, repository: Repository): Summary {
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: fullName(repository),
    private: true,
    visibility: "private",
    html_url: `${model.url}/${fullName(repository)}`,
    url: `${model.url}/api/v3/repos/${fullName(repository)}`,
    default_branch: repository.defaultBranch,
    archived: repository.archived ?? false,
    owner: { login: repository.owner },
  };
}

/** Repositories and the files in them. */
export function repositoryRoutes(model: Model): Hono {
  const app = new Hono();
  app.get("/repos/:owner/:repo", (c) => Response.json(repositoryBody(model, repositoryOf(model, c))));

  app.get("/search/repositories", (c) => {
    const terms = (c.req.query("q") ?? "").split(/\s+/);
    const owner = terms.find((term) => /^(org|user):/.test(term))?.replace(/^\w+:/, "");
    const words = terms.filter((term) => term !== "" && !term.includes(":"));
    const found = model.repositories.filter(
      (one) =>
        (owner ?? one.owner) === one.owner &&
        words.every((word) => one.name.includes(word)) &&
        allows(c, "repo"),
    );
    const { items, headers } = paged(c, found);
    const body = { total_count: found.length, incomplete_results: false };
    return Response.json({ ...body, items: items.map((one) => repositoryBody(model, one)) }, { headers });
  });

  const contents = "/repos/:owner/:repo/contents/:path{.+}";
  app.get(contents, (c) => {
    const { repository, former, path } = placeOf(model, c, c.req.query("ref"));
    if (!former) throw notFound();
    return Response.json(fileBody(model, repository, path, former));
  });

  app.put(contents, async (c) => {
    const body = await bodyOf(c);
    model.faults.take("commit")?.action();
    const { repository, branch, former, path } = placeOf(model, c, body.branch);
    const message = textIn(body, "message");
    const content = Buffer.from(textIn(body, "content"), "base64");
    checkSha(path, former, body.sha);
    // GitHub does not sign a commit if the request names its author or committer.
    const signed = callerOf(c).installation !== undefined && !body.author && !body.committer;
    checkCommit(repository, branch, { change: former ? "update" : "create", message, signed });
    const file = writeFile(model, repository, branch, path, content);
    const commit = { sha: file.commitSha, message };
    const answer = { content: fileBody(model, repository, path, file), commit };
    return Response.json(answer, { status: former ? 200 : 201 });
  });

  app.delete(contents, async (c) => {
    const body = await bodyOf(c);
    const { repository, branch, former, path } = placeOf(model, c, body.branch);
    if (!former) throw notFound();
    checkSha(path, former, body.sha);
    const message = textIn(body, "message");
    checkCommit(repository, branch, { change: "delete", message, signed: false });
    const commit = { sha: removeFile(model, repository, branch, path), message };
    return Response.json({ content: null, commit });
  });
  return app;
}

/** The file that a request is about, and its branch: the default branch if the request names none. */
function placeOf(model: Model, c: Context, ref: unknown) {
  const repository = repositoryOf(model, c);
  const path = decodeURIComponent(c.req.param("path") ?? "");
  if (c.req.method !== "GET" && repository.archived)
    throw new ApiError(403, "Repository was archived so is read-only.");
  if (c.req.method !== "GET" && path.startsWith(".github/workflows/")) checkWorkflowsWriter(c);
  const branch = typeof ref === "string" ? ref.replace(/^refs\/heads\//, "") : repository.defaultBranch;
  const files = repository.branches.get(branch)?.files;
  if (!files)
    throw new ApiError(
      404,
      c.req.method === "GET" ? `No commit found for the ref ${branch}` : `Branch ${branch} not found`,
    );
  return { repository, branch, former: files.get(path), path };
}

/** Writing workflow files needs a separate scope, or a separate permission of an App. */
function checkWorkflowsWriter(c: Context): void {
  const { installation } = callerOf(c);
  if (installation && installation.permissions.workflows !== "write")
    throw new ApiError(403, "Resource not accessible by integration");
  // Without the scope GitHub answers as if the path did not exist.
  if (!installation && !allows(c, "workflow")) throw notFound();
}

function checkSha(path: string, former: StoredFile | undefined, given: unknown): void {
  if (former && given === undefined) throw new ApiError(422, `Invalid request.\n\n"sha" wasn't supplied.`);
  if (former && given !== former.sha) throw new ApiError(409, `${path} does not match ${String(given)}`);
}

function fileBody(model: Model, repository: Repository, path: string, file: StoredFile): FileBody {
  const url = `${model.url}/api/v3/repos/${fullName(repository)}/contents/${path}`;
  const html = `${model.url}/${fullName(repository)}/blob/${repository.defaultBranch}/${path}`;
  return {
    type: "file",
    encoding: "base64",
    size: file.content.length,
    name: path.split("/").pop()!,
    path,
    content: file.content.toString("base64").replace(/.{60}/g, "$&\n"),
    sha: file.sha,
    url,
    git_url: `${model.url}/api/v3/repos/${fullName(repository)}/git/blobs/${file.sha}`,
    html_url: html,
    download_url: null,
    _links: { self: url, git: null, html },
  };
}
