import { isObject } from "../../../contract/json.ts";
import { parseJobMessage } from "../../../contract/waiting-jobs.ts";

/** What there is to say of a call of the controller. It looks at the environment whatever its event. */
export interface ControllerCall {
  /** Its queue called, because a job waits: nothing is to keep it from starting a machine. */
  isHint: boolean;
  /** Ids of the queue's messages that are none, or of another version: nobody knows what they ask for. */
  unread: string[];
}

/** @param event what Lambda hands over: messages of the queue, or whatever else */
export function readCall(event: unknown): ControllerCall {
  const records = isObject(event) && Array.isArray(event.Records) ? (event.Records as unknown[]) : [];
  const messages = records.filter(isObject).filter(({ eventSource }) => eventSource === "aws:sqs");
  return {
    isHint: messages.length > 0,
    unread: messages
      .filter(({ body }) => typeof body !== "string" || parseJobMessage(body) === undefined)
      .map(({ messageId }) => (typeof messageId === "string" ? messageId : "without an id")),
  };
}
