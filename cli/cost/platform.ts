import { functionMemoryMb } from "../../config/function-memory.ts";
import type { FunctionName } from "../../contract/names.ts";
import { hoursPerMonth } from "../../contract/prices.ts";
import { controllerMetrics, machineMetrics, receiverMetrics } from "../../contract/metrics.ts";
import { jobStates } from "../../contract/waiting-jobs.ts";
import { embeddedMetrics } from "../../runtime/functions/embedded-metrics.ts";
import { platformPrices } from "./platform-prices.ts";

/** How an environment is used in an average month. */
export interface PlatformUsage {
  /** Runners of all fleets, awake and asleep. The controller's memory depends on their number. */
  runners: number;
  /** Of all machines together. */
  awakeHours: number;
  jobs: number;
  /** Alarms on its metrics. */
  alarms: number;
}

/** The cost of one service around the machines. */
export interface PlatformLine {
  what: string;
  /** How `usd` is computed, for people. */
  arithmetic: string;
  usd: number;
}

const million = 1_000_000;
const minutesPerMonth = hoursPerMonth * 60;

/**
 * Seconds that AWS bills for one call of a function: what three or four calls
 * of AWS in a row take, with a margin. Not measured on AWS.
 */
const billedSeconds = { controller: 1, receiver: 0.5 };

/** Lambda reads a queue with this number of connections. Each read waits for this number of seconds: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const polling = { connections: 5, seconds: 20 };

/** The bytes that one read unit covers in a strongly consistent read, as the controller makes it. */
const bytesPerUnit = 4096;

/** The size of a job's item in the table, and the days that it stays: four as a tombstone, and two until DynamoDB deletes it. */
const item = { bytes: 400, days: 6 };

/** Bytes that Lambda itself logs for each call: its start, its end and its report. */
const ownLogBytes = 400;

/** Bytes of a job's line in the ledger. */
const ledgerBytes = 700;

/**
 * The costs around the machines of an environment with wake on demand, for an
 * average month. The parameters of SSM (standard tier), the schedule itself, the
 * function URL and the webhook cost nothing.
 */
export function platformLines({ runners, awakeHours, jobs, alarms }: PlatformUsage): PlatformLine[] {
  const deliveries = jobs * jobStates.length;
  const controllerCalls = minutesPerMonth + jobs;
  const polls = (polling.connections * hoursPerMonth * 3600) / polling.seconds;
  const tableBytes = (jobs * item.bytes * item.days * 24) / hoursPerMonth;
  const readUnits = Math.max(1, Math.ceil(tableBytes / bytesPerUnit));
  const calls = [callsOf("controller", controllerCalls, runners), callsOf("receiver", deliveries, runners)];
  const own = Object.keys(controllerMetrics).length + Object.keys(receiverMetrics).length;
  const machine = Object.keys(machineMetrics).length;
  const machineMonths = awakeHours / hoursPerMonth;
  const logBytes =
    controllerCalls * (ownLogBytes + lineBytes(controllerMetrics)) +
    deliveries * (ownLogBytes + lineBytes(receiverMetrics)) +
    jobs * ledgerBytes;
  return [
    {
      what: "clock",
      arithmetic: `${count(minutesPerMonth)} minutes × ${perMillion("scheduledCalls")}`,
      usd: (minutesPerMonth * platformPrices.scheduledCalls.usd) / million,
    },
    ...calls,
    {
      what: "queue",
      arithmetic: `${count(polls)} empty reads (${polling.connections} connections, ${polling.seconds} s each) and 3 for each of ${count(jobs)} jobs × ${perMillion("queueRequests")}`,
      usd: ((polls + 3 * jobs) * platformPrices.queueRequests.usd) / million,
    },
    {
      what: "table",
      arithmetic: `${count(controllerCalls)} calls × ${readUnits} units to read it × ${perMillion("tableReads")}, ${count(deliveries + jobs)} writes × ${perMillion("tableWrites")}`,
      usd:
        (controllerCalls * readUnits * platformPrices.tableReads.usd +
          (deliveries + jobs) * platformPrices.tableWrites.usd) /
        million,
    },
    {
      what: "logs",
      arithmetic: `${(logBytes / 1e9).toFixed(2)} GB × ${platformPrices.logs.usd}`,
      usd: (logBytes / 1e9) * platformPrices.logs.usd,
    },
    {
      what: "metrics of the environment",
      arithmetic: `${own} × ${platformPrices.metrics.usd}`,
      usd: own * platformPrices.metrics.usd,
    },
    {
      what: "metrics of machines",
      arithmetic: `${machineMonths.toFixed(2)} machines awake all month × (${machine} × ${platformPrices.metrics.usd} + ${count(minutesPerMonth)} calls × ${perMillion("metricCalls")})`,
      usd:
        machineMonths *
        (machine * platformPrices.metrics.usd + (minutesPerMonth * platformPrices.metricCalls.usd) / million),
    },
    {
      what: "alarms",
      arithmetic: `${alarms} × ${platformPrices.alarms.usd}`,
      usd: alarms * platformPrices.alarms.usd,
    },
  ];
}

/** The sum of all lines, in US dollars. */
export function platformUsd(usage: PlatformUsage): number {
  return platformLines(usage).reduce((sum, { usd }) => sum + usd, 0);
}

function callsOf(what: FunctionName, calls: number, runners: number): PlatformLine {
  const gigabytes = functionMemoryMb(what, runners) / 1024;
  const seconds = billedSeconds[what];
  return {
    what,
    arithmetic: `${count(calls)} calls × (${perMillion("functionCalls")} + ${seconds} s × ${gigabytes} GB × ${perMillion("functionTime")})`,
    usd:
      (calls * (platformPrices.functionCalls.usd + seconds * gigabytes * platformPrices.functionTime.usd)) /
      million,
  };
}

/** Bytes of a line of metrics as the functions write it. */
function lineBytes(names: Readonly<Record<string, string>>): number {
  const counts = Object.fromEntries(Object.values(names).map((name) => [name, 10]));
  return Buffer.byteLength(embeddedMetrics({ environment: "example", now: 0, counts }));
}

function perMillion(price: keyof typeof platformPrices): string {
  return `${platformPrices[price].usd}/M`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
