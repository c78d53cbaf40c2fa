import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Failure, traceOf } from "../../contract/failure.ts";
import { removeLocalConfiguration } from "./configure.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { stamp } from "./diagnostics.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { createDispatcher } from "./dispatcher.ts";
import { readAcquiredJob } from "./exchange.ts";
import type { Call, RunnerMessage } from "./exchange.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Patience } from "./session.ts";
import { ListenerEnd, openSession, RegistrationGone } from "./session.ts";
import type { RunnerSettings } from "./settings.ts";
import { selfUpdate } from "./update.ts";

export interface ListenContext {
  root: string;
  version: string;
  settings: RunnerSettings;
  call: Call;
  diagnostics: Diagnostics;
  environment: NodeJS.ProcessEnv;
  patience: Patience;
  /** Aborts on SIGINT and SIGTERM. */
  shutdown: AbortSignal;
}

/** `Runner.Listener run`: takes jobs until it is asked to end. Returns the exit code. */
export async function listen(context: ListenContext): Promise<number> {
  const { root, version, settings, call, diagnostics, environment, patience, shutdown } = context;
  mkdirSync(join(root, settings.workFolder), { recursive: true });
  const returnsDeprecationCode = environment.ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE === "1";
  const session = await openSession({
    call,
    version,
    diagnostics,
    patience,
    shutdown,
    returnsDeprecationCode,
  });
  diagnostics.perf("SessionCreated");
  diagnostics.line(`Current runner version: '${version}'`);
  diagnostics.line(`${stamp(new Date())}: Listening for Jobs`);

  let interrupt = new AbortController();
  const onStatus = () => {
    interrupt.abort();
    interrupt = new AbortController();
  };
  const dispatcher = createDispatcher({ root, call, diagnostics, environment, onStatus });
  let updating: Promise<boolean> | undefined;
  let mustUpdate = false;
  const update = (targetVersion: string) => {
    if (updating) return;
    diagnostics.trace("Runner", "Refresh message received, kick-off selfupdate background process.");
    updating = selfUpdate({
      ...{ root, version, targetVersion, diagnostics },
      workFolder: settings.workFolder,
      githubUrl: settings.gitHubUrl,
      idle: () => dispatcher.idle(),
    }).then((ready) => {
      mustUpdate = ready;
      updating = undefined;
      onStatus();
      return ready;
    });
  };

  let gone = false;
  try {
    for (;;) {
      const message = await session.next(
        () => {
          if (mustUpdate) throw new ListenerEnd(exitCodes.updating, "update is ready");
          return dispatcher.busy ? "Busy" : "Online";
        },
        () => interrupt.signal,
      );
      if (message.type === "Hang") await hang();
      diagnostics.perf(`MessageReceived_${message.type}`);
      if (message.type === "AgentRefresh") update(message.body.targetVersion ?? version);
      else if (message.type === "JobCancellation") dispatcher.cancel(message.body.requestId ?? "");
      else if (updating) {
        diagnostics.trace("Runner", `Skip message deletion for job request message '${message.messageId}'.`);
      } else await takeJob(message, context, dispatcher);
    }
  } catch (error) {
    if (error instanceof RegistrationGone) {
      gone = true;
      diagnostics.trace(
        "Runner",
        `Runner registration no longer exists while retrieving messages. ${error.message}`,
      );
      diagnostics.fail("The runner no longer exists on the server. Cleaning up local configuration.");
      return exitCodes.done;
    }
    throw error;
  } finally {
    await dispatcher.shutdown(shutdown.aborted ? "shutdown" : "cancel");
    if (!gone) await session.delete();
    if (gone) removeLocalConfiguration(root, diagnostics);
  }
}

/** Keeps the process alive without polling, until it is killed (actions/runner#4444, #4446). */
async function hang(): Promise<never> {
  for (;;) await delay(60_000); // A process that waits for nothing would end.
}

/** Acknowledges the message and acquires its job. A runner that cannot acquire it continues to listen. */
async function takeJob(
  message: RunnerMessage,
  context: ListenContext,
  dispatcher: Dispatcher,
): Promise<void> {
  const { call, diagnostics } = context;
  const requestId = message.body.requestId ?? "";
  try {
    diagnostics.trace("BrokerMessageListener", `Acknowledging runner request '${requestId}'.`);
    await call("POST", `/messages/${message.messageId}/acknowledge`, { signal: AbortSignal.timeout(5000) });
  } catch (error) {
    // The acknowledgement is optional; the acquisition decides.
    diagnostics.trace(
      "Runner",
      `Best-effort acknowledge failed for request '${requestId}'. ${traceOf(error)}`,
      "ERR ",
    );
  }
  try {
    const { status, body } = await call("POST", `/jobs/${requestId}/acquire`, {
      read: readAcquiredJob,
      body: { messageId: message.messageId },
    });
    if (status === 404 || status === 409 || status === 422) {
      diagnostics.trace("Runner", `Skipping message Job. GitHub answered ${status}.`);
    } else if (status !== 200 || !body) throw new Failure(`GitHub answered ${status}`);
    else dispatcher.run(body);
  } catch (error) {
    diagnostics.trace("Runner", `Caught exception from acquiring job message: ${traceOf(error)}`, "ERR ");
  }
}
