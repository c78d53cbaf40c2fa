import type { Message, Model, RunnerEntry } from "./model.ts";
import { sweep } from "./queue.ts";

/** How a poll ends without a message. */
export type PollEnd = "registration gone" | "session gone" | "time is up";

/**
 * Holds a poll open until there is a message, the session ends, the listener
 * disconnects, or the time is up.
 */
export async function poll(model: Model, runner: RunnerEntry, gone: AbortSignal): Promise<Message | PollEnd> {
  const session = runner.session!;
  const until = model.wireNow() + model.wire.pollSeconds * 1000;
  session.openPolls += 1;
  try {
    for (;;) {
      sweep(model);
      if (!model.runners.includes(runner)) return "registration gone";
      if (runner.session !== session) return "session gone";
      const left = until - model.wireNow();
      if (gone.aborted || left <= 0) return "time is up";
      if (session.hangs) return { type: "Hang", messageId: model.nextId(), body: {} };
      const message = session.messages.shift();
      if (message) {
        model.faults.reached("message-sent", runner.name);
        return message;
      }
      await nextWake(session, left, gone);
    }
  } finally {
    session.openPolls -= 1;
    session.lastPollWireMs = model.wireNow();
  }
}

function nextWake(session: { wake: () => void }, milliseconds: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      gone.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    gone.addEventListener("abort", end);
    session.wake = end;
  });
}
