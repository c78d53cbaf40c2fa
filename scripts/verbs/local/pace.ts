/**
 * Seconds of the cloud in one second of the computer, while a long job is
 * waited for: a minute of the job lasts 100 ms, so that a beat it misses is a
 * beat missed and not a rounding.
 */
export const fastPace = 600;
