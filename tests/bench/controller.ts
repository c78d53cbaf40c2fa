import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { XMLParser } from "fast-xml-parser";
import { functionBundle } from "../../components/assets/assets.ts";
import { priceList } from "../../config/prices.ts";
import type { ControllerConfiguration } from "../../contract/controller.ts";
import { meterParameter } from "../../contract/meter.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import { configurationFile } from "../../contract/names.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../../contract/override.ts";
import { fleetParameters, formatMachineList, initialPower } from "../../contract/parameters.ts";
import { readEc2Answer } from "../../runtime/functions/controller/ec2-answers.ts";
import {
  environment,
  fleetNames,
  fleetOf,
  idOf,
  instancesAnswer,
  isAsleep,
  nameOf,
  volumesAnswer,
} from "./described-instances.ts";
import { median, table } from "./measure.ts";

/*
 * Calls of the controller's bundle in its own process, as in Lambda, from the
 * signature to the line of metrics. AWS is a server on loopback that answers at
 * once, in EC2's format. Beside that: only the reading of EC2's answers, by the
 * bundle's reader and by fast-xml-parser.
 */

const run = promisify(execFile);

const sizes = [10, 100, 1000];
const repetitions = 15;

/**
 * The arguments with which Lambda's runtime starts Node in its smallest
 * function: shares of 128 MB. With more memory, V8 collects later.
 */
const lambdaArguments = ["--max-semi-space-size=6", "--max-old-space-size=115"];

const scenes = [
  { words: "nothing to do", withJobs: false },
  { words: "a job for each sleeping machine", withJobs: true },
] as const;

export async function controllerTable(): Promise<string> {
  const rows: string[][] = [];
  for (const machines of sizes) {
    for (const { words, withJobs } of scenes) {
      const aws = await startAws(machines, withJobs);
      try {
        const { firstMs, medianMs, peakMb } = await callController(aws.url, machines);
        const bytes = aws.described().reduce((sum, { body }) => sum + body.length, 0);
        rows.push([
          String(machines),
          words,
          `${firstMs.toFixed(0)} ms`,
          `${medianMs.toFixed(1)} ms`,
          `${peakMb.toFixed(0)} MB`,
          `${(bytes / 1e6).toFixed(2)} MB`,
          ...[readEc2Answer, readWithFastXmlParser()].map((read) => reading(aws.described(), read)),
          Object.entries(aws.calls)
            .map(([name, count]) => `${Math.round(count / (repetitions + 1))} ${name}`)
            .join(", "),
        ]);
      } finally {
        aws.server.close();
      }
    }
  }
  const head = ["machines", "call of the controller", "first", "median", "peak memory", "EC2's answers"];
  return table([...head, "reading them", "by fast-xml-parser", "calls of AWS"], rows);
}

/** An answer of EC2 to one call. */
interface Described {
  action: string;
  body: string;
  /** The answer in the form in which it is sent, so that encoding it is not part of a call. */
  bytes: Buffer;
}

/** The time and speed of reading EC2's answers. */
function reading(described: readonly Described[], read: (body: string, action: string) => unknown): string {
  const bytes = described.reduce((sum, { body }) => sum + body.length, 0);
  const milliseconds = median(
    Array.from({ length: repetitions }, () => {
      const started = performance.now();
      for (const { action, body } of described) read(body, `ec2:${action}`);
      return performance.now() - started;
    }),
  );
  return `${milliseconds.toFixed(1)} ms, ${(bytes / 1000 / milliseconds).toFixed(0)} MB/s`;
}

function readWithFastXmlParser(): (body: string) => unknown {
  const parser = new XMLParser({
    parseTagValue: false,
    ignoreDeclaration: true,
    isArray: (name) => name === "item",
  });
  return (body) => parser.parse(body) as unknown;
}

interface CallFigures {
  /** Milliseconds of the first call, before anything is compiled, and of the others. */
  firstMs: number;
  medianMs: number;
  /** The process's highest resident memory in MB, including Node itself. */
  peakMb: number;
}

async function callController(url: string, machines: number): Promise<CallFigures> {
  const dir = await mkdtemp(join(tmpdir(), "longhaul-bench-"));
  try {
    const path = join(dir, "controller.mjs");
    await copyFile(functionBundle("controller"), path);
    await writeFile(join(dir, configurationFile), JSON.stringify(configurationOf(machines, url)));
    const program = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(path).href)});
      const times = [];
      for (let call = 0; call <= ${repetitions}; call += 1) {
        const started = performance.now();
        await handler({});
        times.push(performance.now() - started);
      }
      console.log(JSON.stringify({ times, peakKb: process.resourceUsage().maxRSS }));`;
    const { stdout } = await run(
      process.execPath,
      [...lambdaArguments, "--input-type=module", "--eval", program],
      {
        env: { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" },
        maxBuffer: 2 ** 26,
        timeout: 120_000,
      },
    );
    const { times, peakKb } = JSON.parse(stdout.trim().split("\n").at(-1)!) as {
      times: number[];
      peakKb: number;
    };
    return { firstMs: times[0]!, medianMs: median(times.slice(1)), peakMb: peakKb / 1024 };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function configurationOf(machines: number, url: string): ControllerConfiguration {
  const names = fleetNames(machines);
  return {
    environment,
    aws: { region: "eu-central-1", endpoints: { ec2: url, ssm: url, dynamodb: url, budgets: url } },
    fleets: names.map((name) => ({
      name,

      instanceType: "m5.xlarge",
      prices: { machine: 0.23, disk: 0.013 },
    })),
    addressPrice: 0.005,
    priceList: priceList("eu-central-1"),
    demand: {
      table: "longhaul-bench-waiting-jobs",
      fleets: names.map((name) => ({ name, labels: ["self-hosted", "linux", "x64", name] })),
    },
  };
}

interface BenchAws {
  url: string;
  server: Server;
  /** Calls so far, by their name. */
  calls: Record<string, number>;
  /** EC2's answers, each page once. */
  described: () => Described[];
}

async function startAws(machines: number, withJobs: boolean): Promise<BenchAws> {
  const answer = answersOf(machines, withJobs);
  const calls: Record<string, number> = {};
  const pages = new Map<string, Described>();
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const target = request.headers["x-amz-target"];
      const asked = new URLSearchParams(body);
      const action = typeof target === "string" ? target.split(".")[1]! : asked.get("Action")!;
      calls[action] = (calls[action] ?? 0) + 1;
      if (!action.startsWith("Describe")) {
        response.end(answer.other(action, body));
        return;
      }
      const from = Number(asked.get("NextToken"));
      const name = `${action} ${from}`;
      let described = pages.get(name);
      if (!described) {
        const body = await answer.page(action, from, Number(asked.get("MaxResults")));
        pages.set(name, (described = { action, body, bytes: Buffer.from(body) }));
      }
      response.end(described.bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server, calls, described: () => [...pages.values()] };
}

/** AWS's answers. */
function answersOf(machines: number, withJobs: boolean) {
  const now = Date.now();
  const all = Array.from({ length: machines }, (_, number) => number);
  const at = new Date(now - 60_000).toISOString();
  const meter: MeterRecord = { v: 1, month: at.slice(0, 7), begun: at, at, days: {}, fleets: {} };
  const values = new Map<string, string>([
    [meterParameter(environment), JSON.stringify(meter)],
    ...fleetNames(machines).flatMap((name) => {
      const roster = formatMachineList(all.filter((number) => fleetOf(number) === name).map(idOf));
      const names = fleetParameters(environment, name);
      return [
        [names.candidates, roster],
        [names.roster, roster],
        [names.power, JSON.stringify({ ...initialPower, reason: "no working hours are set" })],
        [names.override, formatOverrideSetting(initialOverrideSetting)],
        [names.limits, JSON.stringify({ idleMinutes: 30, minimumAwake: 0 })],
      ] as const;
    }),
  ]);
  const running = all
    .filter((number) => !isAsleep(number))
    .map((number) => jobItem(number, "in_progress", now));
  const queued = all.filter(isAsleep).map((number) => jobItem(number, "queued", now));
  const scanned = JSON.stringify({ Items: withJobs ? [...running, ...queued] : running });
  return {
    page: (action: string, from: number, size: number): Promise<string> => {
      const to = from + size;
      const answer = action === "DescribeInstances" ? instancesAnswer : volumesAnswer;
      return answer(all.slice(from, to), now, to < machines ? String(to) : undefined);
    },
    other: (action: string, body: string): string => {
      if (action === "StartInstances") return "<StartInstancesResponse/>";
      if (action === "Scan") return scanned;
      if (action !== "GetParameters") return "{}";
      const { Names } = JSON.parse(body) as { Names: string[] };
      const found = Names.flatMap((Name) => {
        const Value = values.get(Name);
        return Value === undefined ? [] : [{ Name, Value, Type: "String", Version: 1 }];
      });
      return JSON.stringify({ Parameters: found });
    },
  };
}

/** A job as DynamoDB has it: one on each machine that is awake, or one for each that sleeps. */
function jobItem(number: number, state: "queued" | "in_progress", now: number) {
  const seconds = String(Math.floor(now / 1000) - 60);
  return {
    id: { S: String(29_679_449_526 + number) },
    repository: { S: "acme/app" },
    labels: { L: ["self-hosted", fleetOf(number)].map((label) => ({ S: label })) },
    state: { S: state },
    queuedAt: { N: seconds },
    at: { N: seconds },
    expiresAt: { N: String(Math.floor(now / 1000) + 80_000) },
    ...(state === "in_progress" && { runner: { S: nameOf(number) } }),
  };
}
