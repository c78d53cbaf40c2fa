/** A price with its day and where it is from. */
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
 * What AWS asks for what stands around the machines, in US dollars: first
 * tiers, without the free ones, which an account shares among all that is in
 * it. Small regional differences do not matter here: it is a few dollars.
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
  /** A million units of reading from a table on demand. */
  tableReads: { usd: 0.1525, ...priceList },
  /** A million units of writing to it. */
  tableWrites: { usd: 0.7625, ...priceList },
  /** A GB that is written into a log. */
  logs: { usd: 0.63, ...priceList },
  /** A custom metric for a month; it counts for the hours in which it gets values. */
  metrics: { usd: 0.3, date: "2026-02", ...guides },
  /** A million calls of PutMetricData. */
  metricCalls: { usd: 10, date: "2026-02", ...guides },
  /** An alarm for a month. */
  alarms: { usd: 0.1, ...priceList },
} as const satisfies Record<string, ListPrice>;
