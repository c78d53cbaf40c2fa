import { Hono } from "hono";
import type { Context } from "hono";
import semver from "semver";
import { isoTime, isOnline, isRunning, newSecret, sameName } from "../model.ts";
import type { Model, RunnerEntry } from "../model.ts";
import { cloudLimits } from "../options.ts";
import { removeRunner } from "../queue.ts";
import { scopeOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, paged, textsIn } from "../answers.ts";
import type { Body } from "../answers.ts";

type RunnerBody = Body<"GET /repos/{owner}/{repo}/actions/runners/{runner_id}">;
type TokenBody = Body<"POST /repos/{owner}/{repo}/actions/runners/registration-token">;
type LabelsBody = Body<"GET /repos/{owner}/{repo}/actions/runners/{runner_id}/labels">;

/** Maximum number of custom labels in one request. That a runner may have no more is a guess. */
const maxLabels = 100;
const tooManyLabels = () => new ApiError(422, `A runner may have at most ${maxLabels} custom labels.`);

/** Registration tokens, runners and their labels, of a repository or of the organisation. */
export function runnerRoutes(model: Model): Hono {
  const app = new Hono();
  const runnerOf = (c: Context): RunnerEntry => {
    const scope = scopeOf(model, c);
    const runner = model.runners.find((one) => one.scope === scope && one.id === Number(c.req.param("id")));
    if (!runner) throw notFound();
    return runner;
  };
  /** The labels that a request asks for. GitHub counts them before it leaves out those that the runner has. */
  const asked = async (c: Context): Promise<string[]> => {
    const labels = textsIn(await bodyOf(c), "labels");
    if (labels.length > maxLabels) throw tooManyLabels();
    return labels;
  };
  const setLabels = (runner: RunnerEntry, labels: readonly string[]): Response => {
    const custom = labels.filter(
      (label, index) =>
        !runner.systemLabels.some((own) => sameName(own, label)) &&
        labels.findIndex((other) => sameName(other, label)) === index,
    );
    if (custom.length > maxLabels) throw tooManyLabels();
    runner.customLabels = custom;
    model.faults.reached("labels-changed", runner.name);
    return Response.json(labelsBody(runner));
  };

  for (const owner of ["/repos/:owner/:repo", "/orgs/:org"]) {
    const runners = `${owner}/actions/runners`;
    for (const kind of ["registration-token", "remove-token"]) {
      app.post(`${runners}/${kind}`, (c) => {
        const scope = scopeOf(model, c);
        const fault = model.faults.take("token-lifetime");
        const expiresAt =
          model.clock.now() + (fault ? fault.seconds * 1000 : cloudLimits.registrationTokenMs);
        const token = newSecret("A").toUpperCase();
        model.registrationTokens.set(token, { scope, expiresAt });
        const body: TokenBody = { token, expires_at: isoTime(expiresAt) };
        return Response.json(body, { status: 201 });
      });
    }
    app.get(`${runners}/downloads`, (c) => {
      scopeOf(model, c);
      return Response.json(downloads(model));
    });
    app.get(`${runners}/deprecations/:version`, (c) => {
      scopeOf(model, c);
      return Response.json(deprecation(model, c.req.param("version")));
    });
    app.get(runners, (c) => {
      const scope = scopeOf(model, c);
      const name = c.req.query("name");
      const all = model.runners.filter(
        (one) => one.scope === scope && (name === undefined || one.name === name),
      );
      const { items, headers } = paged(c, all);
      const body: Body<"GET /repos/{owner}/{repo}/actions/runners"> = {
        total_count: all.length,
        runners: items.map((one) => runnerBody(model, one)),
      };
      return Response.json(body, { headers });
    });
    app.get(`${runners}/:id`, (c) => Response.json(runnerBody(model, runnerOf(c))));
    app.delete(`${runners}/:id`, (c) => {
      // The documentation promises 422 for a busy runner; 204 has been observed.
      removeRunner(model, runnerOf(c));
      return noContent();
    });
    app.get(`${runners}/:id/labels`, (c) => Response.json(listedLabels(model, runnerOf(c))));
    app.put(`${runners}/:id/labels`, async (c) => setLabels(runnerOf(c), await asked(c)));
    app.post(`${runners}/:id/labels`, async (c) => {
      const added = await asked(c);
      if (added.length === 0)
        throw new ApiError(422, 'Invalid request.\n\n"labels" must have at least one item.');
      const runner = runnerOf(c);
      return setLabels(runner, [...runner.customLabels, ...added]);
    });
    app.delete(`${runners}/:id/labels`, (c) => setLabels(runnerOf(c), []));
    app.delete(`${runners}/:id/labels/:name`, (c) => {
      const runner = runnerOf(c);
      const name = decodeURIComponent(c.req.param("name"));
      if (runner.systemLabels.some((own) => sameName(own, name)))
        throw new ApiError(422, `The label ${name} is read-only and cannot be removed.`);
      if (!runner.customLabels.some((own) => sameName(own, name))) throw notFound();
      return setLabels(
        runner,
        runner.customLabels.filter((own) => !sameName(own, name)),
      );
    });
  }
  return app;
}

function runnerBody(model: Model, runner: RunnerEntry): RunnerBody {
  const truth = isRunning(model, runner);
  return {
    id: runner.id,
    runner_group_id: runner.groupId,
    name: runner.name,
    os: runner.os.toLowerCase(),
    status: isOnline(model, runner) ? "online" : "offline",
    busy: model.faults.take("busy")?.report(truth, runner.name) ?? truth,
    labels: listedLabels(model, runner).labels,
    ephemeral: false,
  };
}

/** The listed labels can differ from the answer to the request that set them. */
function listedLabels(model: Model, runner: RunnerEntry): LabelsBody {
  const { customLabels, name } = runner;
  const listed = model.faults.take("listed-labels")?.report(customLabels, name) ?? customLabels;
  return labelsBody({ ...runner, customLabels: listed });
}

function labelsBody(runner: RunnerEntry): LabelsBody {
  const labels = [
    ...runner.systemLabels.map((name) => ({ name, type: "read-only" as const })),
    ...runner.customLabels.map((name) => ({ name, type: "custom" as const })),
  ].map((label, index) => ({ id: index + 1, ...label }));
  return { total_count: labels.length, labels };
}

function downloads({
  offeredRunner: { version, sha256 },
}: Model): Body<"GET /repos/{owner}/{repo}/actions/runners/downloads"> {
  return ["linux", "osx", "win"].flatMap((os) =>
    ["x64", "arm64"].map((architecture) => {
      const filename = `actions-runner-${os}-${architecture}-${version}.${os === "win" ? "zip" : "tar.gz"}`;
      return {
        os,
        architecture,
        download_url: `https://github.com/actions/runner/releases/download/v${version}/${filename}`,
        filename,
        ...(sha256 !== undefined && { sha256_checksum: sha256 }),
      };
    }),
  );
}

/**
 * Not yet in GitHub's published types: https://github.blog/changelog/2026-09-03-github-actions-early-september-2026-updates
 * Its documentation has `registration_deprecates_at` as well, text or null; public projects that asked found it left out.
 */
interface DeprecationBody {
  runner_version: string;
  runtime_deprecates_at: string | null;
}

/** GitHub does not know versions that were never released. */
function deprecation(
  { offeredRunner, minimumRunnerVersion, clock }: Model,
  version: string,
): DeprecationBody {
  const parsed = semver.valid(version);
  if (!parsed || semver.gt(parsed, offeredRunner.version)) throw notFound();
  const endsAt = (): string | null => {
    if (semver.lt(parsed, minimumRunnerVersion)) return isoTime(clock.now());
    if (parsed === offeredRunner.version) return null;
    return isoTime(offeredRunner.releasedAt + cloudLimits.olderRunnerMs);
  };
  return { runner_version: parsed, runtime_deprecates_at: endsAt() };
}
