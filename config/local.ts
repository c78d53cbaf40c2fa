import * as z from "zod";
import { messageOf } from "../contract/failure.ts";
import { isObject } from "../contract/json.ts";
import { localCloudVariable, localEnvironment, localServices } from "../contract/local-cloud.ts";
import type { LocalCloudOverlay } from "../contract/local-cloud.ts";
import { ConfigurationError, formatPath } from "./issues.ts";
import { sentence } from "./sentences.ts";
import { isLoopback } from "./urls.ts";

export const outsideLocalCloud =
  `${localEnvironment} is the environment of the local cloud, and no local cloud was named in ${localCloudVariable}; ` +
  'start one with "npx longhaul local", and take what "npx longhaul local env" prints for a plain pulumi up';

const loopbackUrl = z
  .url({ protocol: /^http$/, error: "must be a URL that starts with http://", abort: true })
  .refine(isLoopback, "must be a URL of this computer: the local cloud is nowhere else");

const overlaySchema: z.ZodType<LocalCloudOverlay> = z.strictObject({
  account: z.string(),
  region: z.string(),
  endpoints: z.record(z.enum(localServices), loopbackUrl),
  githubUrl: loopbackUrl,
  runnerUrl: loopbackUrl,
  runnerSha256: z.string(),
  agent: z.strictObject({
    pollSeconds: z.number(),
    quietSeconds: z.number(),
    spreadSeconds: z.number(),
    staySeconds: z.number(),
  }),
});

/**
 * The stack's configuration with the local cloud's account, addresses and
 * runner in place of the real ones.
 *
 * @param raw the configuration as written, before validation
 * @param text the content of `LONGHAUL_LOCAL`
 * @throws ConfigurationError when there is no local cloud, or its description cannot be read
 */
export function applyLocalCloud(
  raw: Record<string, unknown>,
  text: string | undefined,
): Record<string, unknown> {
  const overlay = parseOverlay(text);
  const { account, region, endpoints, githubUrl, runnerUrl, runnerSha256, agent } = overlay;
  return {
    ...raw,
    aws: merged(raw.aws, { account, region, endpoints }),
    github: merged(raw.github, { url: githubUrl }),
    fleets: eachFleet(raw.fleets, { url: runnerUrl, sha256: runnerSha256 }),
    agent: merged(raw.agent, agent),
  };
}

function parseOverlay(text: string | undefined): LocalCloudOverlay {
  if (text === undefined || text === "") {
    throw new ConfigurationError([{ path: formatPath([]), message: outsideLocalCloud }]);
  }
  const parsed = overlaySchema.safeParse(parseJson(text), { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => ({
      path: formatPath([
        localCloudVariable,
        ...issue.path.map((step) => (typeof step === "number" ? step : String(step))),
      ]),
      message: sentence(issue),
    })),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError([
      { path: localCloudVariable, message: `is not JSON (${messageOf(error)})` },
    ]);
  }
}

/** Fleets of another form are left to the schema, which refuses them. */
function eachFleet(fleets: unknown, runner: { url: string; sha256: string }): unknown {
  if (!isObject(fleets)) return fleets;
  return Object.fromEntries(
    Object.entries(fleets).map(([name, fleet]) => [
      name,
      isObject(fleet) ? { ...fleet, runner: merged(fleet.runner, runner) } : fleet,
    ]),
  );
}

/** The configured values, overridden by the overlay's. What is not an object is left to the schema, which refuses it. */
function merged(written: unknown, overlay: Record<string, unknown>): unknown {
  if (written !== undefined && !isObject(written)) return written;
  return { ...written, ...overlay };
}
