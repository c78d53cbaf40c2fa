import { EmulatedAwsError } from "./errors.ts";
import type { LogEvent } from "./state.ts";

/*
 * CloudWatch's limits for one call of PutLogEvents, as its documentation says
 * (API_PutLogEvents), and the events that it drops.
 */
const maxEvents = 10_000;
const maxBytes = 1_048_576;
const bytesPerEvent = 26;
const hourMs = 3_600_000;
const maxSpanMs = 24 * hourMs;
const maxAgeMs = 14 * 24 * hourMs;
const maxAheadMs = 2 * hourMs;

/**
 * The events that an accepted call dropped, by index: the end of those that are
 * too old, and the start of those that are too new.
 */
export interface RejectedEvents {
  tooOldLogEventEndIndex?: number;
  tooNewLogEventStartIndex?: number;
}

/**
 * @throws AwsError InvalidParameterException for a whole batch that is out of
 * order, too large or spans too much time
 */
export function takeEvents(
  events: readonly LogEvent[],
  now: number,
): { taken: LogEvent[]; rejected: RejectedEvents | undefined } {
  const times = events.map(({ timestamp }) => timestamp);
  if (times.some((time, index) => time < (times[index - 1] ?? 0))) {
    refuse("Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (events.length > maxEvents) refuse(`A batch has at most ${maxEvents} log events, not ${events.length}.`);
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + bytesPerEvent, 0);
  if (bytes > maxBytes) refuse(`Upload too large: ${bytes} bytes exceeds limit of ${maxBytes}`);
  if ((times.at(-1) ?? 0) - (times[0] ?? 0) > maxSpanMs) {
    refuse("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  const tooOld = times.filter((time) => time < now - maxAgeMs).length;
  const tooNew = times.findIndex((time) => time > now + maxAheadMs);
  const rejected = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
  };
  return {
    taken: events.slice(tooOld, tooNew < 0 ? undefined : tooNew),
    rejected: Object.keys(rejected).length > 0 ? rejected : undefined,
  };
}

function refuse(problem: string): never {
  throw new EmulatedAwsError("InvalidParameterException", problem);
}
