import { Hono } from "hono";
import type { Context } from "hono";
import { ping } from "../hooks.ts";
import { isoTime, sameName } from "../model.ts";
import type { Hook, Model } from "../model.ts";
import { isObject } from "../../../contract/json.ts";
import { scopeOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, paged, textIn, textsIn } from "../answers.ts";

/** Webhooks of a repository or of the organisation. */
export function hookRoutes(model: Model): Hono {
  const app = new Hono();
  const hooksOf = (c: Context): Hook[] => {
    const scope = scopeOf(model, c);
    return model.hooks.filter((hook) => sameName(hook.scope, scope));
  };
  const hookOf = (c: Context): Hook => {
    const found = hooksOf(c).find(({ id }) => id === Number(c.req.param("id")));
    if (!found) throw notFound();
    return found;
  };
  for (const owner of ["/repos/:owner/:repo", "/orgs/:org"]) {
    const hooks = `${owner}/hooks`;
    app.get(hooks, (c) => {
      const { items, headers } = paged(c, hooksOf(c));
      return Response.json(
        items.map((hook) => hookBody(model, hook)),
        { headers },
      );
    });
    app.post(hooks, async (c) => {
      const body = await bodyOf(c);
      const now = model.clock.now();
      const hook: Hook = {
        id: model.nextId(),
        scope: scopeOf(model, c),
        active: body.active !== false,
        events: body.events === undefined ? ["push"] : textsIn(body, "events"),
        ...configIn(body),
        createdAt: now,
        updatedAt: now,
      };
      if (hooksOf(c).some(({ url }) => url === hook.url)) {
        throw new ApiError(422, "Validation Failed: Hook already exists on this repository");
      }
      model.hooks.push(hook);
      ping(model, hook);
      return Response.json(hookBody(model, hook), { status: 201 });
    });
    app.get(`${hooks}/:id`, (c) => Response.json(hookBody(model, hookOf(c))));
    app.patch(`${hooks}/:id`, async (c) => {
      const hook = hookOf(c);
      const body = await bodyOf(c);
      Object.assign(hook, { updatedAt: model.clock.now() }, body.config === undefined ? {} : configIn(body));
      if (typeof body.active === "boolean") hook.active = body.active;
      if (body.events !== undefined) hook.events = textsIn(body, "events");
      return Response.json(hookBody(model, hook));
    });
    app.delete(`${hooks}/:id`, (c) => {
      const hook = hookOf(c);
      model.hooks = model.hooks.filter((one) => one !== hook);
      return noContent();
    });
  }
  return app;
}

/** The emulator delivers only on this computer. */
function configIn({ config }: Record<string, unknown>): Pick<Hook, "url" | "contentType" | "secret"> {
  if (!isObject(config)) throw new ApiError(422, 'Invalid request.\n\n"config" wasn\'t supplied.');
  const url = textIn(config, "url");
  const { hostname } = URL.canParse(url) ? new URL(url) : { hostname: "" };
  if (!["localhost", "[::1]"].includes(hostname) && !/^127(\.\d+){3}$/.test(hostname)) {
    throw new ApiError(422, `The local GitHub delivers webhooks only on this computer, not to ${url}`);
  }
  const contentType = config.content_type === "json" ? "json" : "form";
  return { url, contentType, secret: typeof config.secret === "string" ? config.secret : undefined };
}

function hookBody(model: Model, hook: Hook) {
  const { id, scope, active, events, url, contentType, secret, createdAt, updatedAt } = hook;
  const isRepository = scope.includes("/");
  return {
    type: isRepository ? "Repository" : "Organization",
    id,
    name: "web",
    active,
    events,
    config: {
      url,
      content_type: contentType,
      insecure_ssl: "0",
      // GitHub shows that a secret exists, but never its value.
      ...(secret === undefined ? {} : { secret: "********" }),
    },
    url: `${model.url}/api/v3/${isRepository ? "repos" : "orgs"}/${scope}/hooks/${id}`,
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}
