import { Hono } from "hono";
import type { Context } from "hono";
import { isoTime, sameName, variablesOf } from "../model.ts";
import type { Model, RunnerGroup, Variable } from "../model.ts";
import { scopeOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, paged, textIn } from "../answers.ts";
import { repositoryBody } from "./repositories.ts";

/** Actions variables of a repository or of the organisation. */
export function variableRoutes(model: Model): Hono {
  const app = new Hono();
  const named = (c: Context): Variable => {
    const name = (c.req.param("name") ?? "").toUpperCase();
    const found = variablesOf(model, scopeOf(model, c)).get(name);
    if (!found) throw notFound();
    return found;
  };
  for (const owner of ["/repos/:owner/:repo", "/orgs/:org"]) {
    const variables = `${owner}/actions/variables`;
    app.get(variables, (c) => {
      const all = [...variablesOf(model, scopeOf(model, c)).values()];
      const { items, headers } = paged(c, all);
      return Response.json({ total_count: all.length, variables: items }, { headers });
    });
    app.post(variables, async (c) => {
      const body = await bodyOf(c);
      const store = variablesOf(model, scopeOf(model, c));
      const name = textIn(body, "name").toUpperCase();
      if (store.has(name)) throw new ApiError(409, "Already exists - Variable already exists");
      const time = isoTime(model.clock.now());
      const visibility = visibilityIn(body);
      store.set(name, {
        name,
        value: textIn(body, "value"),
        created_at: time,
        updated_at: time,
        ...(owner.startsWith("/orgs") ? { visibility: visibility ?? "private" } : {}),
      });
      return Response.json({}, { status: 201 });
    });
    app.get(`${variables}/:name`, (c) => Response.json(named(c)));
    app.patch(`${variables}/:name`, async (c) => {
      const variable = named(c);
      const body = await bodyOf(c);
      const visibility = visibilityIn(body);
      Object.assign(variable, { updated_at: isoTime(model.clock.now()) }, visibility ? { visibility } : {});
      if (body.value !== undefined) variable.value = textIn(body, "value");
      return noContent();
    });
    app.delete(`${variables}/:name`, (c) => {
      variablesOf(model, scopeOf(model, c)).delete(named(c).name);
      return noContent();
    });
  }
  return app;
}

/** The organisation's runner groups. */
export function runnerGroupRoutes(model: Model): Hono {
  const app = new Hono();
  const groups = "/orgs/:org/actions/runner-groups";
  const groupOf = (c: Context): RunnerGroup => {
    scopeOf(model, c);
    const found = model.groups.find(({ body }) => body.id === Number(c.req.param("id")));
    if (!found) throw notFound();
    return found;
  };
  app.get(groups, (c) => {
    scopeOf(model, c);
    const { items, headers } = paged(c, model.groups);
    const body = {
      total_count: model.groups.length,
      runner_groups: items.map((one) => groupBody(model, one)),
    };
    return Response.json(body, { headers });
  });
  app.post(groups, async (c) => {
    scopeOf(model, c);
    const body = await bodyOf(c);
    const name = textIn(body, "name");
    if (model.groups.some((one) => sameName(one.body.name, name)))
      throw new ApiError(409, `Runner group with name '${name}' already exists.`);
    const group = newRunnerGroup(model.nextId(), name, visibilityIn(body) ?? "all");
    change(group, body);
    model.groups.push(group);
    return Response.json(groupBody(model, group), { status: 201 });
  });
  app.get(`${groups}/:id`, (c) => Response.json(groupBody(model, groupOf(c))));
  app.patch(`${groups}/:id`, async (c) => {
    const group = groupOf(c);
    change(group, await bodyOf(c));
    return Response.json(groupBody(model, group));
  });
  app.delete(`${groups}/:id`, (c) => {
    const group = groupOf(c);
    const isUsed = model.runners.some(({ groupId }) => groupId === group.body.id);
    if (group.body.default || isUsed)
      throw new ApiError(422, `The runner group ${group.body.name} is the default or still has runners.`);
    model.groups = model.groups.filter((one) => one !== group);
    return noContent();
  });
  app.get(`${groups}/:id/repositories`, (c) => {
    const { repositoryIds } = groupOf(c);
    const all = model.repositories.filter(({ id }) => repositoryIds.includes(id));
    const { items, headers } = paged(c, all);
    const repositories = items.map((one) => repositoryBody(model, one));
    return Response.json({ total_count: all.length, repositories }, { headers });
  });
  app.put(`${groups}/:id/repositories`, async (c) => {
    change(groupOf(c), await bodyOf(c));
    return noContent();
  });
  return app;
}

const defaultGroupId = 1;

/** The default group of every organisation. */
export const defaultRunnerGroup = (): RunnerGroup => newRunnerGroup(defaultGroupId, "Default", "all");

function groupBody({ url, organization }: Model, { body }: RunnerGroup): RunnerGroup["body"] {
  const own = `${url}/api/v3/orgs/${organization}/actions/runner-groups/${body.id}`;
  return { ...body, runners_url: `${own}/runners`, selected_repositories_url: `${own}/repositories` };
}

function newRunnerGroup(id: number, name: string, visibility: "all" | "private" | "selected"): RunnerGroup {
  return {
    body: {
      id,
      name,
      visibility,
      default: id === defaultGroupId,
      inherited: false,
      allows_public_repositories: false,
      restricted_to_workflows: false,
      selected_workflows: [],
      runners_url: "",
    },
    repositoryIds: [],
  };
}

function change({ body: group, ...rest }: RunnerGroup, body: Record<string, unknown>): void {
  const visibility = visibilityIn(body);
  if (visibility) group.visibility = visibility;
  if (body.name !== undefined) group.name = textIn(body, "name");
  if (typeof body.allows_public_repositories === "boolean")
    group.allows_public_repositories = body.allows_public_repositories;
  if (typeof body.restricted_to_workflows === "boolean")
    group.restricted_to_workflows = body.restricted_to_workflows;
  if (Array.isArray(body.selected_workflows)) group.selected_workflows = body.selected_workflows.map(String);
  if (Array.isArray(body.selected_repository_ids))
    rest.repositoryIds.splice(0, Infinity, ...body.selected_repository_ids.map(Number));
}

function visibilityIn(body: Record<string, unknown>): "all" | "private" | "selected" | undefined {
  const { visibility } = body;
  if (
    visibility === undefined ||
    visibility === "all" ||
    visibility === "private" ||
    visibility === "selected"
  )
    return visibility;
  throw new ApiError(422, `Invalid request.\n\n"visibility" must be all, private or selected.`);
}
