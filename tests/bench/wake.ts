import { awsClient } from "../../runtime/aws/client.ts";
import type { Send } from "../../runtime/aws/http.ts";
import { decideDemand, wakesPerJob } from "../../runtime/functions/controller/demand.ts";
import type { DemandMachine } from "../../runtime/functions/controller/demand.ts";
import { startMachines } from "../../runtime/functions/controller/start-for-jobs.ts";
import type { WaitingJob } from "../../contract/waiting-jobs.ts";
import { secondsThatCount } from "../../contract/waiting-jobs.ts";
import { machineName } from "../../contract/names.ts";
import { seededRandom } from "../../scripts/simulation/random.ts";
import { table } from "./measure.ts";
import { createBucket } from "./throttle.ts";

/*
 * From queued jobs to StartInstances, in virtual time: the controller's own
 * decisions, starts and back-off against an EC2 that throttles as AWS
 * documents. The output is the same each time.
 */

/** StartInstances: calls at once and per second, and ids at once and per second. */
const limits = { calls: { size: 5, perSecond: 2 }, ids: { size: 1000, perSecond: 2 } };

/** Assumed seconds that EC2 takes for an answer, and that a machine takes from its start until it runs. */
const answerSeconds = 0.25;
const runningAfterSeconds = 30;

/** Lambda ends the controller after this many seconds: see components/fleet-controller/fleet-controller.ts. */
const controllerSeconds = 50;

/** The most that a roster holds: its parameter has 4 KB. */
const fleetSize = 100;

const sizes = [1, 10, 50, 500];

interface Case {
  words: string;
  /** Machines that sleep for each job. */
  machinesPerJob: number;
  /** Why EC2 refuses to start a machine, by its number. */
  refusal: (number: number) => Refusal | undefined;
}
interface Refusal {
  status: number;
  code: string;
}

const cases: readonly Case[] = [
  { words: "all can start", machinesPerJob: 1, refusal: () => undefined },
  {
    words: "one is refused",
    machinesPerJob: 1,
    refusal: (number) => (number === 0 ? { status: 400, code: "IncorrectInstanceState" } : undefined),
  },
  {
    words: "one of two zones has no capacity",
    machinesPerJob: 2,
    refusal: (number) =>
      isInFirstZone(number) ? { status: 500, code: "InsufficientInstanceCapacity" } : undefined,
  },
];

function isInFirstZone(number: number): boolean {
  return number % 2 === 0;
}

export interface WakeFigures {
  /** Calls of StartInstances, including throttled ones. */
  calls: number;
  throttled: number;
  started: number;
  /** Virtual seconds from the controller's first call until the last machine is starting. */
  seconds: number;
}

/** The table of all cases, beside computed alternatives. */
export async function wakeTable(): Promise<string> {
  const rows: string[][] = [];
  for (const jobs of sizes) {
    for (const one of cases) {
      const { calls, throttled, started, seconds } = await wake(jobs, one);
      rows.push([
        String(jobs),
        one.words,
        String(calls),
        String(throttled),
        String(started),
        seconds.toFixed(1),
      ]);
    }
    rows.push([
      String(jobs),
      "computed: a call for each machine",
      String(jobs),
      "-",
      String(jobs),
      oneByOne(jobs),
    ]);
    rows.push([String(jobs), "computed: the most used peer", "-", "-", String(jobs), jobs.toFixed(1)]);
  }
  return table(["jobs", "case", "calls", "throttled", "started", "virtual s"], rows);
}

/** One call for each machine, as fast as EC2 accepts them and without a call that comes too early. */
function oneByOne(jobs: number): string {
  const { size, perSecond } = limits.calls;
  return Math.max(jobs * answerSeconds, (jobs - size) / perSecond + answerSeconds).toFixed(1);
}

/** Calls the controller at once and then each minute, until it can start nothing more. */
export async function wake(jobs: number, { machinesPerJob, refusal }: Case): Promise<WakeFigures> {
  const epoch = Date.UTC(2026, 4, 1, 10, 0, 0) / 1000;
  const random = seededRandom(jobs);
  const machines = Array.from({ length: jobs * machinesPerJob }, (_, number) => machineOf(number));
  const numbers = new Map(machines.map(({ instanceId }, number) => [instanceId, number]));
  const waiting = Array.from({ length: jobs }, (_, number) => jobOf(number, machinesPerJob, epoch));
  const startedAt = new Map<string, number>();
  const figures: WakeFigures = { calls: 0, throttled: 0, started: 0, seconds: 0 };

  let clock = 0;
  const calls = createBucket(limits.calls, () => clock);
  const ids = createBucket(limits.ids, () => clock);

  const ec2: Send = ({ body }) => {
    clock += answerSeconds;
    const named = [...new URLSearchParams(body)].flatMap(([key, id]) =>
      key.startsWith("InstanceId.") ? [id] : [],
    );
    figures.calls += 1;
    if (!calls.take(1) || !ids.take(named.length)) {
      figures.throttled += 1;
      return Promise.resolve(refused({ status: 503, code: "RequestLimitExceeded" }));
    }
    const against = named.map((id) => refusal(numbers.get(id)!)).find((found) => found !== undefined);
    if (against) return Promise.resolve(refused(against));
    for (const id of named) startedAt.set(id, clock);
    return Promise.resolve({ status: 200, body: "" });
  };

  /** One call of the controller. If Lambda ends it, only the starts that EC2 has accepted remain. */
  const call = async (): Promise<void> => {
    const end = clock + controllerSeconds;
    const now = (epoch + clock) * 1000;
    const { starts, spares } = decideDemand({
      jobs: waiting,
      fleets: fleetsOf(machines),
      machines: machines.map((machine) => ({
        ...machine,
        state: stateOf(startedAt.get(machine.instanceId), clock),
      })),
      maxWakes: wakesPerJob,
      now,
    });
    let ended: (() => void) | undefined;
    const isEnded = new Promise<undefined>((resolve) => {
      ended = () => {
        resolve(undefined);
      };
    });
    const unlessEnded = <Result>(result: Result): Promise<Result> => {
      if (clock <= end) return Promise.resolve(result);
      ended!();
      return new Promise(() => undefined);
    };
    const aws = awsClient<"ec2:StartInstances">({
      region: "eu-central-1",
      endpoints: { ec2: "https://ec2" },
      credentials: () =>
        Promise.resolve({ accessKeyId: "AKIA", secretAccessKey: "secret", sessionToken: "token" }),
      send: async (request) => unlessEnded(await ec2(request)),
      clock: {
        now: () => (epoch + clock) * 1000,
        sleep: (milliseconds) => {
          clock += milliseconds / 1000;
          return unlessEnded(undefined);
        },
      },
      random,
    });
    const outcome = await Promise.race([startMachines({ starts, spares }, aws), isEnded]);
    for (const { instanceId, job } of outcome?.started ?? []) {
      const own = waiting.find(({ id }) => id === job.id)!;
      Object.assign(own, { wakes: job.wakes + 1, wokenAt: Math.floor(now / 1000), wokenMachine: instanceId });
    }
  };

  // Machines that EC2 always refuses are retried each minute: calls after the last start are not counted.
  let last: WakeFigures = { ...figures };
  for (let minute = 0; ; minute += 1) {
    const before = { started: startedAt.size, throttled: figures.throttled };
    clock = Math.max(clock, minute * 60);
    await call();
    const started = startedAt.size;
    if (started > before.started) last = { ...figures, started, seconds: Math.max(...startedAt.values()) };
    else if (figures.throttled === before.throttled) return last;
  }
}

function machineOf(number: number): Omit<DemandMachine, "state"> & { fleet: string } {
  const instanceId = `i-${String(number).padStart(17, "0")}`;
  const fleet = fleetOf(number);
  return {
    instanceId,
    fleet,
    name: machineName(`bench-${fleet}-${number}`, instanceId),
    availabilityZone: isInFirstZone(number) ? "a" : "b",
    mayStart: true,
  };
}

function fleetOf(number: number): string {
  return `cloud${Math.floor(number / fleetSize)}`;
}

function fleetsOf(machines: readonly { instanceId: string; fleet: string }[]) {
  return [...new Set(machines.map(({ fleet }) => fleet))].map((name) => ({
    name,
    labels: ["self-hosted", "linux", "x64", name],
    roster: machines.flatMap(({ fleet, instanceId }) => (fleet === name ? [instanceId] : [])),
  }));
}

/** A job of the fleet to which its machines belong; each fleet gets jobs for all of its machines. */
function jobOf(number: number, machinesPerJob: number, epoch: number): WaitingJob {
  return {
    id: String(number + 1),
    repository: "acme/app",
    labels: ["self-hosted", fleetOf(number * machinesPerJob)],
    state: "queued",
    queuedAt: epoch,
    at: epoch,
    expiresAt: epoch + secondsThatCount.queued,
    wakes: 0,
  };
}

function stateOf(startedAt: number | undefined, now: number): string {
  if (startedAt === undefined) return "stopped";
  return now - startedAt < runningAfterSeconds ? "pending" : "running";
}

function refused({ status, code }: Refusal) {
  return { status, body: `<Response><Errors><Error><Code>${code}</Code></Error></Errors></Response>` };
}
