import { setTimeout as delay } from "node:timers/promises";
import { Failure, sentenceOf } from "../../contract/failure.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { stamp } from "./diagnostics.ts";
import type { Answer, Call, RunnerMessage } from "./exchange.ts";
import { bodyOf, runnerMessage } from "./exchange.ts";
import { exitCodes } from "./exit-codes.ts";

/** The real listener's waiting times, in seconds. Tests and local environments shorten `retrySeconds`. */
export interface Patience {
  /** Between two attempts at a session. Errors while polling are retried after half to all of it. */
  retrySeconds: number;
  /** The number of attempts after which a session conflict is final: 4 minutes of 30 s. */
  conflictAttempts: number;
  /**
   * The number of errors during one wait for a message after which the listener
   * gives up. Successful polls in between do not reset it.
   */
  pollErrors: number;
  /**
   * The number of tries without an answer, or with a 5xx, that make one error.
   * The real runner's HTTP client retries those.
   */
  triesPerError: number;
}

export const defaultPatience: Patience = {
  retrySeconds: 30,
  conflictAttempts: 8,
  pollErrors: 10,
  triesPerError: 5,
};

/** GitHub no longer knows the registration. */
export class RegistrationGone extends Failure {}

/** The listener must end with this code. The reason has been logged. */
export class ListenerEnd extends Failure {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * GitHub does not accept this version of the runner. The listener prints that
 * last, when its job has ended and its session is deleted.
 */
export class VersionRefused extends ListenerEnd {}

export interface SessionContext {
  call: Call;
  version: string;
  diagnostics: Diagnostics;
  patience: Patience;
  shutdown: AbortSignal;
  /** Whether `ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE` is set. */
  returnsDeprecationCode: boolean;
}

export interface Session {
  /**
   * Polls until there is a message.
   *
   * @param status read before each poll
   * @param interrupt its abort restarts the poll with the current status
   * @throws RegistrationGone, ListenerEnd, or the abort of the shutdown
   */
  next(status: () => "Online" | "Busy", interrupt: () => AbortSignal): Promise<RunnerMessage>;
  delete(): Promise<void>;
}

/** Opens a session, with as many retries as the real listener. */
export async function openSession(context: SessionContext): Promise<Session> {
  const { call, diagnostics, patience, shutdown } = context;
  const trace = (message: string, level?: "ERR ") => {
    diagnostics.trace("BrokerMessageListener", message, level);
  };
  const report = (problem: string) => {
    trace("Catch exception during get next message.", "ERR ");
    trace(problem, "ERR ");
  };
  let id = await create(context);
  const next: Session["next"] = async (status, interrupt) => {
    for (let errors = 0; ;) {
      const signal = AbortSignal.any([shutdown, interrupt()]);
      try {
        const path = `/sessions/${id}/message?status=${status()}`;
        const answer = await persistently(context, signal, () =>
          call("GET", path, { signal, read: bodyOf<RunnerMessage>(runnerMessage) }),
        );
        if (answer.status === 200 && answer.body) return answer.body;
        if (answer.status === 401) throw new RegistrationGone("The runner is not found.");
        if (answer.status === 403) {
          diagnostics.trace(
            "GitHubActionsService",
            `GET request to ${path} failed. HTTP Status: Forbidden`,
            "ERR ",
          );
          throw versionRefused(context);
        }
        if (answer.status === 404) {
          report("The session was ended.");
          id = await create(context);
          trace("TaskAgentSessionExpiredException received, recovered by recreate session.");
        } else if (answer.status !== 204)
          throw new Failure(`Response status code ${answer.status} while polling`);
      } catch (error) {
        shutdown.throwIfAborted();
        if (error instanceof RegistrationGone || error instanceof ListenerEnd) throw error;
        if (signal.aborted) {
          trace(
            "Get messages has been cancelled using local token source. Continue to get messages with new status.",
          );
          continue;
        }
        errors++;
        const words = sentenceOf(error, report);
        report(words);
        if (errors >= patience.pollErrors) throw error;
        if (errors === 1) {
          diagnostics.fail(
            `${stamp(new Date())}: Runner connect error: ${words}. Retrying until reconnected.`,
          );
        }
        await pause(context, 0.5, 1);
      }
    }
  };
  return {
    next,
    delete: async () => {
      diagnostics.trace("Runner", "Deleting Runner Session...");
      await call("DELETE", `/sessions/${id}`, { signal: AbortSignal.timeout(30_000) });
    },
  };
}

/** Retries a request as often as the real runner's HTTP client does before it counts an error. */
async function persistently<T>(
  context: SessionContext,
  signal: AbortSignal,
  ask: () => Promise<Answer<T>>,
): Promise<Answer<T>> {
  for (let tries = 1; ; tries++) {
    const isLast = tries >= context.patience.triesPerError;
    try {
      const answer = await ask();
      if (isLast || answer.status < 500) return answer;
    } catch (error) {
      if (isLast || signal.aborted) throw error;
    }
    await pause(context, 1 / 6, 1 / 2);
    signal.throwIfAborted();
  }
}

/** Waits for a random part of the time between two attempts at a session. */
async function pause({ patience, shutdown }: SessionContext, least: number, most: number): Promise<void> {
  const part = least + Math.random() * (most - least);
  await delay(patience.retrySeconds * 1000 * part, undefined, { signal: shutdown });
}

async function create(context: SessionContext): Promise<string> {
  const { call, version, diagnostics, patience, shutdown } = context;
  const trace = (message: string) => {
    diagnostics.trace("BrokerMessageListener", message);
  };
  let conflicts = 0;
  for (let failed = false; ;) {
    trace("Attempt to create session.");
    const answer = await call("POST", "/sessions", {
      read: bodyOf<{ sessionId: string }>({ sessionId: "text" }),
      body: { version },
      signal: shutdown,
    }).catch((error: unknown) => sentenceOf(error, trace));
    shutdown.throwIfAborted();
    if (typeof answer !== "string") {
      diagnostics.line("");
      diagnostics.success("Connected to GitHub");
      diagnostics.line("");
      if (answer.status === 200 && answer.body) {
        trace("Session created.");
        if (failed) diagnostics.line(`${stamp(new Date())}: Runner reconnected.`);
        return answer.body.sessionId;
      }
      if (answer.status === 401) {
        diagnostics.fail(
          "Failed to create a session. The runner registration has been deleted from the server, please re-configure. Runner registrations are automatically deleted for runners that have not connected to the service recently.",
        );
        throw new ListenerEnd(exitCodes.terminated, "registration deleted");
      }
      if (answer.status === 403) {
        diagnostics.fail("Failed to create session. Error: Forbidden");
        throw new ListenerEnd(exitCodes.terminated, "no session");
      }
    }
    const isConflict = typeof answer !== "string" && answer.status === 409;
    const reason =
      typeof answer === "string" ? answer : isConflict ? "session conflict" : `status ${answer.status}`;
    trace(`Catch exception during create session. ${reason}`);
    if (isConflict) {
      diagnostics.fail("A session for this runner already exists.");
      if (++conflicts >= patience.conflictAttempts) {
        const seconds = patience.conflictAttempts * patience.retrySeconds;
        diagnostics.fail(`Stop retry on SessionConflictException after retried for ${seconds} seconds.`);
        diagnostics.fail(`Failed to create session. ${reason}`);
        throw new ListenerEnd(exitCodes.sessionConflict, reason);
      }
    }
    if (!failed) {
      diagnostics.fail(`${stamp(new Date())}: Runner connect error: ${reason}. Retrying until reconnected.`);
      failed = true;
    }
    trace(`Sleeping for ${patience.retrySeconds} seconds before retrying.`);
    await delay(patience.retrySeconds * 1000, undefined, { signal: shutdown });
  }
}

function versionRefused({ version, returnsDeprecationCode }: SessionContext): VersionRefused {
  return new VersionRefused(
    returnsDeprecationCode ? exitCodes.versionRefused : exitCodes.terminated,
    `Runner version v${version} is deprecated and cannot receive messages.`,
  );
}
