import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { createClock } from "../../../local/clock.ts";
import { createGithub } from "../../../local/github/index.ts";
import type { GithubArguments, GithubOptions } from "../../../local/github/index.ts";
import { patienceMs } from "../../patience.ts";

/** A workflow with a runner input, a run-name and two inputs to check. */
export const workflowText = `
name: proof
run-name: \${{ format('{0} on {1}', inputs.nonce, inputs.runner) }}
on:
  workflow_dispatch:
    inputs:
      runner: { required: true, type: string }
      nonce: { type: string, default: none }
      size: { type: choice, options: [small, large], default: small }
      timeout_minutes: { default: "30" }
jobs:
  hold:
    name: hold \${{ inputs.runner }}
    runs-on: [self-hosted, "\${{ inputs.runner }}"]
    timeout-minutes: \${{ fromJSON(inputs.timeout_minutes) }}
    steps: [{ run: "true" }]
`;

/** An emulated GitHub that listens, with clocks that the test controls. Close it after the test. */
export async function startGithub(options: GithubOptions = {}, rest: Partial<GithubArguments> = {}) {
  const dir = mkdtempSync(join(tmpdir(), "longhaul-github-"));
  const clock = createClock(join(dir, "clock"));
  let wire = Date.now();
  const github = createGithub({ clock, options: { wireNow: () => wire, ...options }, ...rest });
  const listening = await github.listen();
  const { url } = listening;
  const octokitFor = (auth?: string) =>
    new Octokit({ baseUrl: `${url}/api/v3`, log: quiet, ...(auth === undefined ? {} : { auth }) });
  return {
    github,
    clock,
    url,
    close: async () => {
      await listening.close();
      rmSync(dir, { recursive: true });
    },
    octokit: octokitFor("local-github-token"),
    octokitFor,
    /** Advances the real time of everything on the wire by seconds. */
    passWireSeconds: (seconds: number) => {
      wire += seconds * 1000;
    },
  };
}

export type StartedGithub = Awaited<ReturnType<typeof startGithub>>;

export const acme = { owner: "acme", repo: "app" };

/** Waits until a condition holds; the emulator acts on the passing of time every 100 ms. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = patienceMs,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The status and message of a request that must fail. */
export async function refusal(
  request: Promise<unknown>,
): Promise<{ status: number; message: string; headers: Record<string, string | number | undefined> }> {
  try {
    await request;
  } catch (error) {
    const { status, message, response } = error as {
      status: number;
      message: string;
      response?: { headers: Record<string, string> };
    };
    return { status, message, headers: response?.headers ?? {} };
  }
  throw new Error("the request was not refused");
}

const ignore = () => undefined;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
