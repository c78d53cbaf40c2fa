/** One event of CloudWatch Logs. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  timestamp: number;
  message: string;
}

/* CloudWatch's limits for a call of PutLogEvents. */
const maxEvents = 10_000;
const maxBytes = 1_048_576;
/** Bytes that are counted for each event besides its message in UTF-8. */
const bytesPerEvent = 26;
const maxSpanMs = 24 * 3_600_000;
/* CloudWatch drops events that are older or newer than this, and says so only in a field of its answer. */
const maxAgeMs = 14 * 24 * 3_600_000;
const maxAheadMs = 2 * 3_600_000;
/** Milliseconds by which AWS's clock may differ from the machine's. */
const toleranceMs = 15 * 60_000;

/**
 * Cuts events into batches, each for one call of CloudWatch: in the order of
 * their times, with no more than a day from the first to the last. A machine that
 * was cut off for days has several batches; in one call CloudWatch would refuse
 * them all.
 *
 * @param now milliseconds since the epoch: times that CloudWatch would drop are moved to the nearest that it accepts
 */
export function logBatches<Event extends LogEvent>(events: readonly Event[], now: number): Event[][] {
  const batches: Event[][] = [];
  let bytes = 0;
  const oldest = now - maxAgeMs + toleranceMs;
  const newest = now + maxAheadMs - toleranceMs;
  const ordered = events
    .map((event) => ({ ...event, timestamp: Math.min(newest, Math.max(oldest, event.timestamp)) }))
    .sort((one, other) => one.timestamp - other.timestamp);
  for (const event of ordered) {
    const size = Buffer.byteLength(event.message) + bytesPerEvent;
    const batch = batches.at(-1);
    const fits =
      batch !== undefined &&
      batch.length < maxEvents &&
      bytes + size <= maxBytes &&
      event.timestamp - batch[0]!.timestamp < maxSpanMs;
    if (fits) batch.push(event);
    else batches.push([event]);
    bytes = fits ? bytes + size : size;
  }
  return batches;
}
