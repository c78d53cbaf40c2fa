/** A price with its date and its source. */
interface ListPrice {
  usd: number;
  date: string;
  source: string;
}

const priceList = {
  date: "2026-09-11",
  source: "AWS's price lists for eu-central-1 of that day, as a public project wrote them down",
};
const guides = {
  source: "AWS's pricing pages as public guides of that month quote them, for us-east-1",
};

/**
 * AWS's prices for the services around the machines, in US dollars. They are the
 * prices of the first paid tier, because everything in an account shares the free
 * one. Small regional differences do not matter here: the sum is a few dollars.
 */
export const platformPrices = {
  /** A million calls by EventBridge Scheduler. */
  scheduledCalls: { usd: 1, date: "2026-03", ...guides },
  /** A million calls of a function. */
  functionCalls: { usd: 0.2, ...priceList },
  /** A million GB-seconds of a function on arm64. */
  functionTime: { usd: 13.3334, ...priceList },
  /** A million requests to a queue. */
  queueRequests: { usd: 0.4, ...priceList },
  /** A million read units of an on-demand table. */
  tableReads: { usd: 0.1525, ...priceList },
  /** A million write units of it. */
  tableWrites: { usd: 0.7625, ...priceList },
  /** A GB that is written into a log. */
  logs: { usd: 0.63, ...priceList },
  /** A custom metric for a month. Only hours in which it gets values are billed. */
  metrics: { usd: 0.3, date: "2026-02", ...guides },
  /** A million calls of PutMetricData. */
  metricCalls: { usd: 10, date: "2026-02", ...guides },
  /** An alarm for a month. */
  alarms: { usd: 0.1, ...priceList },
} as const satisfies Record<string, ListPrice>;
