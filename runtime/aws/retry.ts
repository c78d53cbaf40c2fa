/** Tries of one call, the first included. */
export const maxTries = 4;

const firstDelayMs = 200;
const maxDelayMs = 5000;

const throttlingCodes =
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ThroughputExceeded|LimitExceededException$/;

/** EC2 answers with a server's fault where a zone has no machine to give: not in the next seconds either. */
export function isCapacity(code: string): boolean {
  return /^Insufficient\w*Capacity$/.test(code);
}

/** Whether AWS refused the call for coming too soon: nothing was done. */
export function isThrottling(status: number, code: string): boolean {
  return status === 429 || throttlingCodes.test(code);
}

/** Whether the same call may succeed a little later: no answer, a fault of the service, throttling. */
export function isRetryable(status: number, code: string): boolean {
  if (isCapacity(code)) return false;
  return status === 0 || status >= 500 || isThrottling(status, code);
}

/**
 * Milliseconds until the next try: exponential with full jitter, so that
 * machines that were throttled together do not come back together.
 *
 * @param tries how many have failed, from 1
 * @param random in [0, 1)
 */
export function retryDelayMs(tries: number, random: number): number {
  return Math.round(random * Math.min(maxDelayMs, firstDelayMs * 2 ** tries));
}
