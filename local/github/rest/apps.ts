import { Hono } from "hono";
import { fullName, isoTime, newSecret, sameName } from "../model.ts";
import type { Model } from "../model.ts";
import { cloudLimits } from "../options.ts";
import type { AppPermissions, KnownApp } from "../options.ts";
import { isObject } from "../../../contract/json.ts";
import { callerOf, callingAppOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, textsIn } from "../answers.ts";

/**
 * The endpoints that an App uses as itself, to get a token of its installation,
 * and the endpoint that revokes such a token.
 */
export function appRoutes(model: Model): Hono {
  const app = new Hono();
  app.post("/app/installations/:id/access_tokens", async (c) => {
    const known = callingAppOf(c);
    if (String(known.installationId) !== c.req.param("id")) throw notFound();
    const body = await bodyOf(c);
    const repositories = repositoriesIn(body, known);
    const permissions = permissionsIn(body, known);
    const token = newSecret("ghs_");
    const expiresAt = model.clock.now() + cloudLimits.installationTokenMs;
    model.tokens.set(token, {
      login: `app ${known.id}`,
      scopes: [],
      installation: {
        permissions,
        repositories,
        expiresAt,
        refusals: model.faults.take("fresh-token")?.refusals ?? 0,
      },
    });
    const shown = model.repositories.filter(({ name }) => repositories.some((one) => sameName(one, name)));
    return Response.json(
      {
        token,
        expires_at: isoTime(expiresAt),
        permissions: { ...permissions, metadata: "read" },
        repository_selection: body.repositories === undefined ? "all" : "selected",
        repositories: shown.map((each) => ({ id: each.id, name: each.name, full_name: fullName(each) })),
      },
      { status: 201 },
    );
  });
  app.delete("/installation/token", (c) => {
    if (!callerOf(c).installation)
      throw new ApiError(403, "This endpoint requires an installation access token.");
    for (const [text, token] of model.tokens) if (token === callerOf(c)) model.tokens.delete(text);
    return noContent();
  });
  return app;
}

/**
 * The repositories that the request names among those on which the App is
 * installed; all of them if it names none.
 */
function repositoriesIn(body: Record<string, unknown>, known: KnownApp): readonly string[] {
  if (body.repositories === undefined) return known.repositories;
  const wanted = textsIn(body, "repositories");
  if (wanted.every((name) => known.repositories.some((one) => sameName(one, name)))) return wanted;
  const message =
    "There is at least one repository that does not exist or is not accessible to the parent installation.";
  throw new ApiError(422, message);
}

/** The permissions that the request names among those of the App; all of them if it names none. */
function permissionsIn({ permissions }: Record<string, unknown>, known: KnownApp): AppPermissions {
  if (permissions === undefined) return known.permissions;
  const wanted = isObject(permissions) ? Object.entries(permissions) : [];
  const isGranted = ([name, level]: [string, unknown]) =>
    known.permissions[name] === level || (known.permissions[name] === "write" && level === "read");
  if (isObject(permissions) && wanted.every(isGranted)) return Object.fromEntries(wanted) as AppPermissions;
  throw new ApiError(422, "The permissions requested are not granted to this installation.");
}
