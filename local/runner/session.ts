import { setTimeout as delay } from "node:timers/promises";
import type { Diagnostics } from "./diagnostics.ts";
import { stamp } from "./diagnostics.ts";
import type { Call, RunnerMessage } from "./exchange.ts";
import { exitCodes } from "./exit-codes.ts";

/** Seconds, as the real listener waits. Tests and impatient environments shorten the first. */
export interface Patience {
  /** Between two attempts at a session; errors while polling are retried after half to a whole of it. */
  retrySeconds: number;
  /** After so many attempts a session conflict is final: 4 minutes of 30 s. */
  conflictAttempts: number;
  /** After so many errors in a row the listener gives up polling. */
  pollErrors: number;
}

export const defaultPatience: Patience = { retrySeconds: 30, conflictAttempts: 8, pollErrors: 10 };

/** GitHub no longer knows the registration. */
export class RegistrationGone extends Error {}

/** The listener must end with this code; it has told why. */
export class ListenerEnd extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface SessionContext {
  call: Call;
  version: string;
  diagnostics: Diagnostics;
  patience: Patience;
  shutdown: AbortSignal;
  /** `ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE` is set. */
  tellsDeprecation: boolean;
}

export interface Session {
  /**
   * Polls until there is a message.
   *
   * @param status asked before each poll
   * @param interrupt its abort starts the poll anew, with the status of then
   * @throws RegistrationGone, ListenerEnd, or the abort of the shutdown
   */
  next(status: () => "Online" | "Busy", interrupt: () => AbortSignal): Promise<RunnerMessage>;
  delete(): Promise<void>;
}

/** Opens a session, as patiently as the real listener does. */
export async function openSession(context: SessionContext): Promise<Session> {
  const { call, diagnostics, patience, shutdown } = context;
  let id = await create(context);
  const next: Session["next"] = async (status, interrupt) => {
    for (let errors = 0; ;) {
      const signal = AbortSignal.any([shutdown, interrupt()]);
      try {
        const path = `/sessions/${id}/message?status=${status()}`;
        const answer = await call<RunnerMessage>("GET", path, { signal });
        if (answer.status === 200 && answer.body) return answer.body;
        if (answer.status === 401) throw new RegistrationGone("The runner is not found.");
        if (answer.status === 403) throw versionRefused(context);
        if (answer.status === 404) id = await create(context);
        else if (answer.status !== 204)
          throw new Error(`Response status code ${answer.status} while polling`);
        errors = 0;
      } catch (error) {
        shutdown.throwIfAborted();
        if (error instanceof RegistrationGone || error instanceof ListenerEnd) throw error;
        if (signal.aborted) {
          diagnostics.trace(
            "BrokerMessageListener",
            "Get messages has been cancelled using local token source.",
          );
          continue;
        }
        errors++;
        const { message } = error as Error;
        diagnostics.trace(
          "BrokerMessageListener",
          `Catch exception during get next message. ${message}`,
          "ERR ",
        );
        if (errors >= patience.pollErrors) throw error;
        if (errors === 1) {
          diagnostics.fail(
            `${stamp(new Date())}: Runner connect error: ${message}. Retrying until reconnected.`,
          );
        }
        await delay(patience.retrySeconds * 1000 * (0.5 + Math.random() / 2), undefined, {
          signal: shutdown,
        });
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

async function create(context: SessionContext): Promise<string> {
  const { call, version, diagnostics, patience, shutdown } = context;
  const trace = (message: string) => {
    diagnostics.trace("BrokerMessageListener", message);
  };
  let conflicts = 0;
  for (let failed = false; ;) {
    trace("Attempt to create session.");
    const answer = await call<{ sessionId: string }>("POST", "/sessions", {
      body: { version },
      signal: shutdown,
    }).catch((error: unknown) => (error as Error).message);
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
      if (answer.status === 403) throw versionRefused(context);
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

function versionRefused({ version, diagnostics, tellsDeprecation }: SessionContext): ListenerEnd {
  diagnostics.fail(
    `An error occurred: Runner version v${version} is deprecated and cannot receive messages.`,
  );
  return new ListenerEnd(
    tellsDeprecation ? exitCodes.versionRefused : exitCodes.terminated,
    "version refused",
  );
}
