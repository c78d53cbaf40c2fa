import { Hono } from "hono";
import type { Context } from "hono";
import semver from "semver";
import { jobMessage } from "./job-message.ts";
import { allJobs, newSecret } from "./model.ts";
import type { Conclusion, Job, Model, RunnerEntry, Step } from "./model.ts";
import { poll } from "./polling.ts";
import { acquire, removeRunner, renew } from "./queue.ts";
import { conclude } from "./runs.ts";

/** The results of a job in the runner's words, and in GitHub's. */
const conclusions: Readonly<Record<string, Conclusion>> = {
  succeeded: "success",
  failed: "failure",
  cancelled: "cancelled",
};

interface Report {
  lines?: string[];
  steps?: Step[];
  markdown?: string;
  result?: string;
  outputs?: Record<string, string>;
}

const done = () => new Response(null, { status: 204 });
const refuse = (status: 401 | 403 | 404 | 409, reason: string) => Response.json({ reason }, { status });

/**
 * What a registered runner requests: sessions, messages, jobs. The order of
 * steps is that of the real exchange; the wire format is simpler
 * (local/README.md).
 */
export function exchangeRoutes(model: Model): Hono {
  const app = new Hono();
  const credentials = (c: Context) =>
    Buffer.from((c.req.header("authorization") ?? "").replace("Basic ", ""), "base64").toString();
  const isOf = (runner: RunnerEntry | undefined, c: Context) =>
    runner !== undefined && credentials(c) === `${runner.clientId}:${runner.secret}`;
  const isCutOff = (runner: RunnerEntry | undefined) =>
    runner !== undefined &&
    model.faults.take("cut-off", ({ machine }) => runner.name.endsWith(`-${machine}`)) !== undefined;
  /** Neither an answer nor an error, which is what a process gets that has lost its network. */
  const never = () => new Promise<Response>(() => undefined);
  /**
   * Runs a handler for the runner that sends the request. 401 means to a listener
   * that its registration is gone.
   */
  const asRunner =
    (handle: (runner: RunnerEntry, c: Context) => Promise<Response> | Response) => (c: Context) => {
      const runner = model.runners.find((one) => isOf(one, c));
      if (!runner) return refuse(401, "registration");
      return isCutOff(runner) ? never() : handle(runner, c);
    };
  /**
   * Runs a handler for the job that a worker holds, even when its registration is
   * gone: jobs have tokens of their own.
   */
  const asWorker = (handle: (job: Job, c: Context) => Promise<Response> | Response) => (c: Context) => {
    const job = jobOf(model, c);
    if (!job || !isOf(job.runner, c)) return refuse(404, "job");
    if (isCutOff(job.runner)) return never();
    return job.status === "in_progress" ? handle(job, c) : refuse(404, "lost");
  };

  app.post(
    "/_runner/sessions",
    asRunner(async (runner, c) => {
      const { version } = await c.req.json<{ version: string }>();
      const { session: former } = runner;
      const idleMs = former ? model.wireNow() - former.lastPollWireMs : Infinity;
      if (former && (former.openPolls > 0 || idleMs < former.lingerSeconds * 1000))
        return refuse(409, "session");
      runner.version = version;
      runner.firstOnlineAt ??= model.clock.now();
      runner.session = {
        id: newSecret(""),
        lastPollWireMs: model.wireNow(),
        openPolls: 0,
        lingerSeconds: model.wire.sessionLingerSeconds,
        messages: [],
        hangs: false,
        wake: () => undefined,
      };
      model.faults.reached("session-created", runner.name);
      return c.json({ sessionId: runner.session.id });
    }),
  );

  app.delete(
    "/_runner/sessions/:id",
    asRunner((runner, c) => {
      const { session } = runner;
      if (session?.id !== c.req.param("id")) return done();
      const fault = model.faults.take("lingering-sessions");
      if (session && fault) session.lingerSeconds = fault.seconds;
      else runner.session = undefined;
      model.faults.reached("session-deleted", runner.name);
      return done();
    }),
  );

  app.get(
    "/_runner/sessions/:id/message",
    asRunner(async (runner, c) => {
      if (runner.session?.id !== c.req.param("id")) return refuse(404, "session");
      if (isVersionRefused(model, runner)) return refuse(403, "version");
      model.faults.reached("poll", runner.name);
      const outcome = await poll(model, runner, c.req.raw.signal);
      if (outcome === "registration gone") return refuse(401, "registration");
      if (outcome === "session gone") return refuse(404, "session");
      return outcome === "time is up" ? done() : Response.json(outcome);
    }),
  );

  app.delete(
    "/_runner/runners/:id",
    asRunner((runner) => {
      removeRunner(model, runner);
      return done();
    }),
  );

  app.post(
    "/_runner/messages/:messageId/acknowledge",
    asRunner((runner, c) => {
      const offer = allJobs(model).find(
        (job) => job.offer?.messageId === Number(c.req.param("messageId")),
      )?.offer;
      // The time limit for the acquisition begins now.
      if (offer?.runner === runner)
        Object.assign(offer, { acknowledged: true, sinceWireMs: model.wireNow() });
      return done();
    }),
  );

  app.post(
    "/_runner/jobs/:requestId/acquire",
    asRunner(async (runner, c) => {
      const job = jobOf(model, c);
      const { messageId } = await c.req.json<{ messageId: number }>();
      if (!job) return refuse(404, "job");
      if (!acquire(model, job, runner, messageId)) return refuse(409, "taken");
      model.faults.reached("acquired", runner.name);
      return Response.json(jobMessage(model, job));
    }),
  );

  app.post(
    "/_runner/jobs/:requestId/renew",
    asWorker((job, c) => {
      if (job.cancelledWireMs !== undefined) return refuse(409, "cancelled");
      renew(model, job);
      model.faults.reached("renewed", job.runner!.name);
      return c.json({ lockedUntil: new Date(job.lockedUntilWireMs).toISOString() });
    }),
  );

  /** A worker's reports. Each report of steps or of the summary replaces the previous one. */
  const reports: Record<string, (job: Job, body: Report) => void> = {
    log: (job, { lines = [] }) => {
      const stamp = new Date(model.clock.now()).toISOString();
      job.log.push(...lines.map((line) => `${stamp} ${line}`));
    },
    steps: (job, { steps = [] }) => (job.steps = steps),
    summary: (job, { markdown = "" }) => (job.summary = markdown),
    complete: (job, { result = "", outputs = {} }) => {
      job.outputs = outputs;
      conclude(model, job, conclusions[result] ?? "failure");
      model.faults.reached("completed", job.runner!.name);
    },
  };
  for (const [name, report] of Object.entries(reports)) {
    app.post(
      `/_runner/jobs/:requestId/${name}`,
      asWorker(async (job, c) => {
        report(job, await c.req.json<Report>());
        return done();
      }),
    );
  }

  return app;
}

/** GitHub gives every version a session, but refuses the polls of an old one. */
function isVersionRefused(model: Model, { version }: RunnerEntry): boolean {
  return semver.lt(version, model.minimumRunnerVersion) || model.faults.take("version-refused") !== undefined;
}

function jobOf(model: Model, c: Context): Job | undefined {
  return allJobs(model).find(({ requestId }) => requestId === c.req.param("requestId"));
}
