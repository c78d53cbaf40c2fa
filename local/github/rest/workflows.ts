import { Hono } from "hono";
import type { Context } from "hono";
import { dispatch } from "../dispatch.ts";
import type { Model } from "../model.ts";
import { isObject } from "../../../contract/json.ts";
import { callerOf, repositoryOf } from "./access.ts";
import { ApiError, bodyOf, noContent, notFound, textIn } from "../answers.ts";
import { listRuns } from "./runs.ts";
import { dispatchedBody, workflowFolder, workflowsOf } from "../workflow-bodies.ts";
import type { WorkflowBody } from "../workflow-bodies.ts";

/** Workflows and their dispatch. */
export function workflowRoutes(model: Model): Hono {
  const app = new Hono();
  const actions = "/repos/:owner/:repo/actions";
  /** GitHub knows a workflow by its file on the default branch; it is addressed by file name or id. */
  const workflowOf = (c: Context): WorkflowBody => {
    const id = c.req.param("workflow");
    const found = workflowsOf(model, repositoryOf(model, c)).find(
      (one) => one.path === `${workflowFolder}${id ?? ""}` || String(one.id) === id,
    );
    if (!found) throw notFound();
    return found;
  };

  app.get(`${actions}/workflows`, (c) => {
    const workflows = workflowsOf(model, repositoryOf(model, c));
    return Response.json({ total_count: workflows.length, workflows });
  });
  app.get(`${actions}/workflows/:workflow`, (c) => Response.json(workflowOf(c)));
  app.get(`${actions}/workflows/:workflow/runs`, (c) => listRuns(model, c, workflowOf(c).path));
  app.post(`${actions}/workflows/:workflow/dispatches`, async (c) => {
    const { path } = workflowOf(c);
    const body = await bodyOf(c);
    const inputs = isObject(body.inputs) ? body.inputs : {};
    const request = { ref: textIn(body, "ref"), inputs, actor: callerOf(c).login };
    const repository = repositoryOf(model, c);
    const wantsDetails = body.return_run_details === true;
    const older = wantsDetails ? model.faults.take("no-run-details")?.status : undefined;
    if (older === 400 || older === 422)
      throw new ApiError(older, 'Invalid request.\n\n"return_run_details" is not a permitted key.');
    const outcome = dispatch(model, repository, path, request);
    if ("refused" in outcome) throw new ApiError(422, outcome.refused);
    if (!wantsDetails || older === 204) return noContent();
    // A run that a fault suppresses is still promised in the answer.
    return Response.json(dispatchedBody(model, repository, outcome.run?.id ?? model.nextId()));
  });
  return app;
}
