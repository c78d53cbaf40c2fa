/**
 * Milliseconds that a test waits for a condition, which comes to pass in a few
 * of them on a free computer. It is long because both processors may be busy
 * with something else, and shorter than mocha's own limit (.mocharc.json),
 * because the message of this one names the condition.
 */
export const patienceMs = 40_000;

/** The same for a step of a whole environment, which takes seconds. */
export const environmentPatienceMs = 180_000;
