import type { Context, MiddlewareHandler } from "hono";
import { fullName, sameName } from "../model.ts";
import type { Model, Repository } from "../model.ts";
import type { InstallationAccess, KnownApp, KnownToken, Scope } from "../options.ts";
import { ApiError, faultAnswer, notFound } from "../answers.ts";
import type { Body } from "../answers.ts";
import { appOf } from "./app-claim.ts";

/** Authenticates the client, counts its requests, and lets armed faults answer in place of the API. */
export function authenticated(model: Model): MiddlewareHandler {
  /** Requests of the current hour, by token. */
  const used = new Map<string, { count: number; resetWireMs: number }>();
  return async (c, next) => {
    const path = c.req.path.replace(/^\/api\/v3/, "");
    if (path === "/meta") return next();
    const text = tokenText(c.req.header("authorization"));
    if (text === undefined) throw new ApiError(401, "Requires authentication");
    // Below /app/, an App authenticates only with a claim that it has signed.
    const app = path.startsWith("/app/") ? appOf(model, text) : undefined;
    if (app) c.set("app", app);
    const token = app ? { login: `app ${app.id}`, scopes: [] } : model.tokens.get(text);
    if (!token || isExpired(model, token) || isTooNew(token)) throw new ApiError(401, "Bad credentials");

    const now = model.wireNow();
    const former = used.get(app ? `app ${app.id}` : text);
    const usage = former && former.resetWireMs > now ? former : { count: 0, resetWireMs: now + 3_600_000 };
    used.set(app ? `app ${app.id}` : text, usage);
    const limit = model.hourlyRateLimit;
    if (path === "/rate_limit") {
      const reset = Math.ceil(usage.resetWireMs / 1000);
      const core = { limit, used: usage.count, remaining: Math.max(0, limit - usage.count), reset };
      return Response.json({
        resources: { core, search: core },
        rate: core,
      } satisfies Body<"GET /rate_limit">);
    }
    usage.count += 1;
    const headers = {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(Math.max(0, limit - usage.count)),
      "x-ratelimit-reset": String(Math.ceil(usage.resetWireMs / 1000)),
      "x-ratelimit-used": String(Math.min(usage.count, limit)),
      "x-ratelimit-resource": "core",
      "x-oauth-scopes": token.scopes.join(", "),
    };
    if (usage.count > limit)
      throw new ApiError(403, `API rate limit exceeded for user ${token.login}.`, headers);
    const fault = model.faults.take(
      "answer",
      ({ method, path: pattern }) => (method ?? c.req.method) === c.req.method && (pattern ?? /^/).test(path),
    );
    if (fault) throw faultAnswer(fault);

    c.set("token", token);
    await next();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  };
}

/** The token of the request; set by {@link authenticated}. */
export const callerOf = (c: Context): KnownToken => c.get("token") as KnownToken;

/** The App that sends the request; set by {@link authenticated} below `/app/`. */
export const callingAppOf = (c: Context): KnownApp => c.get("app") as KnownApp;

function isExpired(model: Model, { installation }: KnownToken): boolean {
  return installation !== undefined && installation.expiresAt <= model.clock.now();
}

/** Whether a new token is still refused. Each call counts as one refusal. */
function isTooNew({ installation }: KnownToken): boolean {
  return installation !== undefined && installation.refusals-- > 0;
}

/** GitHub answers 404 rather than 403 for what a token may not see. */
export function repositoryOf(model: Model, c: Context): Repository {
  const wanted = `${c.req.param("owner") ?? ""}/${c.req.param("repo") ?? ""}`;
  const repository =
    model.repositories.find((one) => sameName(fullName(one), wanted)) ??
    model.repositories.find(({ formerName }) => formerName !== undefined && sameName(formerName, wanted));
  const { installation } = callerOf(c);
  if (repository && installation) checkInstallation(installation, repository, c);
  else if (!repository || !allows(c, "repo")) throw notFound();
  return repository;
}

/** The permission that a path in a repository requires. */
const permissionsByPath: readonly [path: RegExp, permission: string][] = [
  [/\/actions\/(runs|jobs|workflows)(\/|$)/, "actions"],
  [/\/contents\//, "contents"],
];

/** An installation sees only its repositories, and in them only what its permissions cover. */
function checkInstallation(
  { repositories, permissions }: InstallationAccess,
  { name }: Repository,
  c: Context,
): void {
  if (!repositories.some((one) => sameName(one, name))) throw notFound();
  const [, kind] = permissionsByPath.find(([path]) => path.test(c.req.path)) ?? [];
  const granted = kind === undefined ? undefined : permissions[kind];
  if (granted === "write" || (granted === "read" && c.req.method === "GET")) return;
  throw new ApiError(403, "Resource not accessible by integration");
}

/** Runners and variables belong to a repository or to the organisation. */
export function scopeOf(model: Model, c: Context): string {
  const organization = c.req.param("org");
  if (organization === undefined) return fullName(repositoryOf(model, c));
  if (!sameName(organization, model.organization)) throw notFound();
  // GitHub's sentence speaks of a repository for organisations too.
  if (!allows(c, "admin:org")) throw new ApiError(403, "Must have admin rights to Repository.");
  return model.organization;
}

export const allows = (c: Context, scope: Scope): boolean => callerOf(c).scopes.includes(scope);

function tokenText(header: string | undefined): string | undefined {
  const [kind, value] = (header ?? "").split(" ");
  if (!value) return undefined;
  return kind?.toLowerCase() === "basic" ? Buffer.from(value, "base64").toString().split(":").pop() : value;
}
