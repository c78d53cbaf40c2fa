import { Hono } from "hono";
import { fullName, isoTime, newSecret, sameName } from "../model.ts";
import type { Model } from "../model.ts";
import { cloudLimits } from "../options.ts";
import type { AppPermissions, KnownApp } from "../options.ts";
import { isObject } from "../../../contract/json.ts";
import { callerOf, callingAppOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, textsIn } from "../answers.ts";

/** What an App asks for as itself: a token of its installation; and what is done with that: revoking it. */
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

/** Some of the repositories that the App is installed on; all of them where the request names none. */
function repositoriesIn(body: Record<string, unknown>, known: KnownApp): readonly string[] {
  if (body.repositories === undefined) return known.repositories;
  const wanted = textsIn(body, "repositories");
  if (wanted.every((name) => known.repositories.some((one) => sameName(one, name)))) return wanted;
  const message =
    "There is at least one repository that does not exist or is not accessible to the parent installation.";
  throw new ApiError(422, message);
}

/** Some of the permissions that the App was given; all of them where the request names none. */
function permissionsIn({ permissions }: Record<string, unknown>, known: KnownApp): AppPermissions {
  if (permissions === undefined) return known.permissions;
  const wanted = isObject(permissions) ? Object.entries(permissions) : [];
  const isGranted = ([name, level]: [string, unknown]) =>
    known.permissions[name] === level || (known.permissions[name] === "write" && level === "read");
  if (isObject(permissions) && wanted.every(isGranted)) return Object.fromEntries(wanted) as AppPermissions;
  throw new ApiError(422, "The permissions requested are not granted to this installation.");
}
