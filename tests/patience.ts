/**
 * Milliseconds that a test waits for a condition, which takes a few
 * milliseconds on a free computer. The limit is long because both processors
 * may be busy. It is shorter than mocha's own limit (.mocharc.json), because
 * the message of this limit names the condition.
 */
export const patienceMs = 40_000;

/** The same for a step of a whole environment, which takes seconds. */
export const environmentPatienceMs = 180_000;
