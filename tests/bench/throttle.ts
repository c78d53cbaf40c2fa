/**
 * A bucket of tokens, as AWS throttles with: so many at once, and so many more
 * each second. https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
export interface Bucket {
  /** Takes tokens and says so, or takes none where there are not as many. */
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
