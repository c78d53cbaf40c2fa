/** The number of tries of one call, the first included. */
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
 * Codes for calls that met another change of the same resource: `TooManyUpdates` of an SSM parameter,
 * `ConcurrentTagAccess` of an instance's tags, `OperationAbortedException` of a log group. No SDK retries the
 * first two by itself; AWS's reference says to wait and to call again.
 */
const conflictCodes =
  /^(TooManyUpdates|ConcurrentTagAccess|OperationAbortedException|PriorRequestNotComplete|TransactionInProgressException)$/;

/**
 * Codes for calls that AWS did not finish, or did not begin because they were signed too long ago: a Lambda function
 * may be frozen between signing and sending. Each try is signed again.
 */
const overdueCodes = /^(RequestTimeout(Exception)?|RequestExpired)$/;

/** Whether a zone has no capacity. EC2 answers with a server error then, but a retry within seconds does not help. */
export function isCapacity(code: string): boolean {
  return /^Insufficient\w*Capacity$/.test(code);
}

/** The code of a call that was not made, because the caller had no time left. */
export const noTimeCode = "NoTime";

/**
 * Whether the call was refused only for its timing: it came too soon after others, beside another change, or when the
 * caller had no time left. AWS has done nothing.
 */
export function isThrottling(status: number, code: string): boolean {
  return status === 429 || code === noTimeCode || throttlingCodes.test(code) || conflictCodes.test(code);
}

/** Whether the same call may succeed a little later: after no answer, a server error, or a refusal for its timing. */
export function isRetryable(status: number, code: string): boolean {
  if (isCapacity(code)) return false;
  return status === 0 || status >= 500 || isThrottling(status, code) || overdueCodes.test(code);
}

/**
 * Milliseconds until the next try: exponential with full jitter, so that
 * machines that were throttled together do not come back together.
 *
 * @param tries the number of tries that have failed, from 1
 * @param random in [0, 1)
 */
export function retryDelayMs(tries: number, random: number): number {
  return Math.round(random * Math.min(maxDelayMs, firstDelayMs * 2 ** tries));
}
