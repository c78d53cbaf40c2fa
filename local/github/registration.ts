import { Hono } from "hono";
import { maxRunnerEntryLength } from "../../contract/names.ts";
import { newSecret, sameName } from "./model.ts";
import type { Model, RunnerEntry } from "./model.ts";
import { faultAnswer } from "./answers.ts";

interface RegistrationBody {
  name: string;
  group?: string;
  labels: string[];
  version: string;
  os: string;
  arch: string;
  replace?: boolean;
  /** The runner gets none of GitHub's default labels. */
  noDefaultLabels?: boolean;
}

const notFound = () => Response.json({ message: "Not Found", status: "404" }, { status: 404 });

/** A runner's registration: registration token → short-lived bearer → entry with credentials of its own. */
export function registrationRoutes(model: Model): Hono {
  const app = new Hono();
  /** Scopes by bearer token. */
  const bearers = new Map<string, string>();

  app.post("/api/v3/actions/runner-registration", async (c) => {
    const token = /^RemoteAuth (.+)$/.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
    const { url } = await c.req.json<{ url: string }>();
    const fault = model.faults.take(
      "answer",
      ({ path }) => path?.test("/actions/runner-registration") ?? false,
    );
    if (fault) return faultAnswer(fault).toResponse();
    const known = model.registrationTokens.get(token);
    // GitHub's answer does not distinguish a wrong token, an expired one and one for another place.
    if (!known || known.expiresAt <= model.clock.now() || !sameName(url, `${model.url}/${known.scope}`))
      return notFound();
    const bearer = newSecret("");
    bearers.set(bearer, known.scope);
    return c.json({ url: `${model.url}/_runner`, token: bearer });
  });

  app.post("/_runner/runners", async (c) => {
    const scope = bearers.get((c.req.header("authorization") ?? "").replace("Bearer ", ""));
    if (scope === undefined) return Response.json({ message: "Bad credentials" }, { status: 401 });
    const body = await c.req.json<RegistrationBody>();
    if (body.name.length === 0 || body.name.length > maxRunnerEntryLength)
      return Response.json(
        { message: `The name must have 1 to ${maxRunnerEntryLength} characters` },
        { status: 400 },
      );
    const group = model.groups.find((one) =>
      body.group ? sameName(one.body.name, body.group) : one.body.default,
    );
    if (!group)
      return Response.json(
        { message: `Could not find any self-hosted runner group named "${body.group ?? ""}".` },
        { status: 404 },
      );
    const namesake = model.runners.find((one) => one.scope === scope && sameName(one.name, body.name));
    if (namesake && !body.replace)
      return Response.json({ message: `A runner exists with the name ${body.name}` }, { status: 409 });
    const runner: RunnerEntry = {
      id: namesake?.id ?? model.nextId(),
      name: body.name,
      scope,
      groupId: group.body.id,
      version: body.version,
      os: body.os,
      systemLabels: body.noDefaultLabels ? [] : ["self-hosted", body.os, body.arch],
      customLabels: [...body.labels],
      clientId: newSecret("client-"),
      secret: newSecret(""),
      session: undefined,
      lastSeen: model.clock.now(),
    };
    const kept = namesake && model.faults.take("kept-labels");
    if (kept) {
      const untilWireMs = model.wireNow() + kept.seconds * 1000;
      runner.keptLabels = { names: namesake.customLabels, untilWireMs };
    }
    model.runners = [...model.runners.filter((one) => one !== namesake), runner];
    const { id, name, clientId, secret } = runner;
    return c.json({ id, name, credentials: { clientId, secret } });
  });

  return app;
}
