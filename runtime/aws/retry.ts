/** Tries of one call, the first included. */
export const maxTries = 4;

const firstDelayMs = 200;
const maxDelayMs = 5000;

/**
 * Codes for calls that came too soon after others. All SDKs of AWS retry them; they are sent with status 400 by
 * most services.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
const throttlingCodes =
  /Throttl|^TooManyRequests|^RequestLimitExceeded$|^SlowDown$|ThroughputExceeded|^LimitExceededException$|^BandwidthLimitExceeded$/;

/**
 * Codes for calls that met another change of the same thing: `TooManyUpdates` of an SSM parameter,
 * `ConcurrentTagAccess` of an instance's tags, `OperationAbortedException` of a log group. No SDK retries the
 * first two by itself; AWS's reference says to wait and to call again.
 */
const conflictCodes =
  /^(TooManyUpdates|ConcurrentTagAccess|OperationAbortedException|PriorRequestNotComplete|TransactionInProgressException)$/;

/**
 * Codes for calls that AWS did not finish, or did not begin because they were signed too long ago: a Lambda function
 * may be frozen between signing and sending. Each try is signed anew.
 */
const overdueCodes = /^(RequestTimeout(Exception)?|RequestExpired)$/;

/** EC2 answers with a server's fault where a zone has no machine to give: not in the next seconds either. */
export function isCapacity(code: string): boolean {
  return /^Insufficient\w*Capacity$/.test(code);
}

/** The code of a call that was not made, because its caller had no time left. */
export const noTimeCode = "NoTime";

/** Whether the call was refused for its moment alone: it came too soon, beside another, or too late. Nothing was done. */
export function isThrottling(status: number, code: string): boolean {
  return status === 429 || code === noTimeCode || throttlingCodes.test(code) || conflictCodes.test(code);
}

/** Whether the same call may succeed a little later: no answer, a fault of the service, a refusal for its moment. */
export function isRetryable(status: number, code: string): boolean {
  if (isCapacity(code)) return false;
  return status === 0 || status >= 500 || isThrottling(status, code) || overdueCodes.test(code);
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
