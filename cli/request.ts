import { z } from "zod";
import type {
  AwaitMeterRequest,
  AwaitRequest,
  DeclaredMachine,
  DrainRequest,
  LiftRequest,
  SettleRequest,
  SmokeDispatchRequest,
  SmokeSource,
  SmokeWorkflowRequest,
  Target,
} from "../contract/requests.ts";
import { requestVariable } from "../contract/requests.ts";
import { BadUsage } from "./exit-codes.ts";

/*
 * The requests of contract/requests.ts, checked. Unknown keys are passed over:
 * a guard's request comes from the state and may be older or newer than the
 * command.
 */

const text = z.string().min(1);
const url = z.url({ protocol: /^https?$/ });
const positive = z.number().positive();

const target: z.ZodType<Target> = z.object({
  environment: text,
  aws: z.object({
    account: z.string().regex(/^\d{12}$/, "must be twelve digits"),
    region: text,
    endpoints: z.object({
      ec2: url.exactOptional(),
      ssm: url.exactOptional(),
      sts: url.exactOptional(),
      logs: url.exactOptional(),
      budgets: url.exactOptional(),
    }),
  }),
  github: z.object({ apiUrl: url, url, owner: text, repository: text.exactOptional() }),
});

const machine: z.ZodType<DeclaredMachine> = z.object({
  runner: text,
  instanceId: z.string().regex(/^i-[0-9a-f]{8,17}$/, "must be an instance id"),
});

const smoke: z.ZodType<SmokeSource> = z.object({
  owner: text,
  repository: text,
  workflow: text,
  ref: text.exactOptional(),
});

const ownTags = z.record(text, z.string());

export const awaitRequest: z.ZodType<AwaitRequest> = z.object({
  target,
  fleet: text,
  machines: z.array(machine),
  labels: z.array(text),
  onlineWithinMinutes: positive,
  ownTags,
  kmsKeyArn: text.exactOptional(),
});

export const settleRequest: z.ZodType<SettleRequest> = z.object({
  target,
  fleet: text,
  labels: z.array(text),
  ownTags,
  kmsKeyArn: text.exactOptional(),
});

export const drainRequest: z.ZodType<DrainRequest> = z.object({
  target,
  guards: z.discriminatedUnion("what", [
    z.object({ what: z.literal("network"), vpcId: text, securityGroupId: text }),
    z.object({ what: z.literal("role"), fleet: text, instanceProfileArn: text }),
    z.object({ what: z.literal("fleet"), fleet: text }),
  ]),
  smoke: smoke.exactOptional(),
  waitMinutes: positive,
});

export const awaitMeterRequest: z.ZodType<AwaitMeterRequest> = z.object({ target });

export const liftRequest: z.ZodType<LiftRequest> = z.object({ target, budget: text });

export const smokeDispatchRequest: z.ZodType<SmokeDispatchRequest> = z.object({
  target,
  fleet: text,
  machine,
  smoke,
  minutes: z.int().positive(),
  wait: z.enum(["start", "end"]),
  onlineWithinMinutes: positive,
});

export const smokeWorkflowRequest: z.ZodType<SmokeWorkflowRequest> = z.object({
  target,
  smoke,
  text: text.exactOptional(),
});

/**
 * A verb's request.
 *
 * @param value of the variable `LONGHAUL_REQUEST`
 * @throws BadUsage with everything that is wrong with it, never with its values
 */
export function readRequest<Request>(
  verb: string,
  schema: z.ZodType<Request>,
  value: string | undefined,
): Request {
  if (!value) {
    throw new BadUsage(
      `"longhaul ${verb}" is told what to do by the variable ${requestVariable}, and it is not set. ` +
        "`pulumi up` and `pulumi destroy` set it; `pulumi stack export` shows what they set it to.",
    );
  }
  const parsed = schema.safeParse(parseJson(verb, value));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "the request"}: ${issue.message}`,
  );
  throw new BadUsage(
    `${requestVariable} is not a request for "longhaul ${verb}":\n${problems.map((each) => `  ${each}`).join("\n")}`,
  );
}

function parseJson(verb: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // The parser's message quotes the text.
    throw new BadUsage(`${requestVariable} is not JSON, so "longhaul ${verb}" does not know what to do.`);
  }
}
