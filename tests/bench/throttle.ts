/**
 * A token bucket, with which AWS throttles: it holds `size` tokens, and gains
 * `perSecond` each second.
 *
 * @see https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export interface Bucket {
  /** Takes the tokens and returns true. If there are too few, it takes none and returns false. */
  take(count: number): boolean;
}

/** @param now seconds */
export function createBucket(
  { size, perSecond }: { size: number; perSecond: number },
  now: () => number,
): Bucket {
  let [tokens, at] = [size, now()];
  return {
    take(count) {
      tokens = Math.min(size, tokens + (now() - at) * perSecond);
      at = now();
      if (tokens < count) return false;
      tokens -= count;
      return true;
    },
  };
}
