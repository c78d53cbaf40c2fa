import { isObject } from "../../../contract/json.ts";
import { parseJobMessage } from "../../../contract/waiting-jobs.ts";

/** What the event of a call says. The controller looks at the environment whatever it says. */
export interface CallEvent {
  /** The queue called it, because a job waits: nothing may delay the start of a machine. */
  isHint: boolean;
  /** Ids of queue messages that were malformed or of an unknown version. */
  unread: string[];
}

/** @param event from Lambda: messages of the queue, or anything else */
export function readCall(event: unknown): CallEvent {
  const records = isObject(event) && Array.isArray(event.Records) ? (event.Records as unknown[]) : [];
  const messages = records.filter(isObject).filter(({ eventSource }) => eventSource === "aws:sqs");
  return {
    isHint: messages.length > 0,
    unread: messages
      .filter(({ body }) => typeof body !== "string" || parseJobMessage(body) === undefined)
      .map(({ messageId }) => (typeof messageId === "string" ? messageId : "without an id")),
  };
}
