import * as z from "zod";
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
import { parseObject } from "../contract/json.ts";
import { requestVariable } from "../contract/requests.ts";
import { sentence } from "../config/sentences.ts";
import { nameOf } from "./check-file.ts";
import { BadUsage } from "./exit-codes.ts";

/*
 * The requests of contract/requests.ts, checked. Unknown keys are ignored: a
 * guard's request comes from the state and may be older or newer than the command.
 */

/** A field for each key of a request. Without this check, an optional key that was forgotten here would be ignored. */
type Fields<Value> = { [Key in keyof Value]-?: z.ZodType<Value[Key]> };

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
    } satisfies Fields<Target["aws"]["endpoints"]>),
  } satisfies Fields<Target["aws"]>),
  github: z.object({
    apiUrl: url,
    url,
    owner: text,
    repository: text.exactOptional(),
  } satisfies Fields<Target["github"]>),
} satisfies Fields<Target>);

const machine: z.ZodType<DeclaredMachine> = z.object({
  runner: text,
  instanceId: z.string().regex(/^i-[0-9a-f]{8,17}$/, "must be an instance id"),
} satisfies Fields<DeclaredMachine>);

const smoke: z.ZodType<SmokeSource> = z.object({
  owner: text,
  repository: text,
  workflow: text,
} satisfies Fields<SmokeSource>);

const ownTags = z.record(text, z.string());

export const awaitRequest: z.ZodType<AwaitRequest> = z.object({
  target,
  fleet: text,
  machines: z.array(machine),
  labels: z.array(text),
  onlineWithinMinutes: positive,
  ownTags,
  kmsKeyArn: text.exactOptional(),
} satisfies Fields<AwaitRequest>);

export const settleRequest: z.ZodType<SettleRequest> = z.object({
  target,
  fleet: text,
  labels: z.array(text),
  ownTags,
  kmsKeyArn: text.exactOptional(),
} satisfies Fields<SettleRequest>);

export const drainRequest: z.ZodType<DrainRequest> = z.object({
  target,
  guards: z.discriminatedUnion("what", [
    z.object({ what: z.literal("network"), vpcId: text, securityGroupId: text }),
    z.object({ what: z.literal("role"), fleet: text, instanceProfileArn: text }),
    z.object({ what: z.literal("fleet"), fleet: text }),
  ]),
  smoke: smoke.exactOptional(),
  waitMinutes: positive,
} satisfies Fields<DrainRequest>);

export const awaitMeterRequest: z.ZodType<AwaitMeterRequest> = z.object({
  target,
} satisfies Fields<AwaitMeterRequest>);

export const liftRequest: z.ZodType<LiftRequest> = z.object({
  target,
  budget: text,
} satisfies Fields<LiftRequest>);

export const smokeDispatchRequest: z.ZodType<SmokeDispatchRequest> = z.object({
  target,
  fleet: text,
  machine,
  smoke,
  minutes: z.int().positive(),
  wait: z.enum(["start", "end"]),
  onlineWithinMinutes: positive,
} satisfies Fields<SmokeDispatchRequest>);

export const smokeWorkflowRequest: z.ZodType<SmokeWorkflowRequest> = z.object({
  target,
  smoke,
  text: text.exactOptional(),
} satisfies Fields<SmokeWorkflowRequest>);

/**
 * A verb's request.
 *
 * @param value of the variable `LONGHAUL_REQUEST`
 * @throws BadUsage naming each field that is missing or wrong, with its value
 */
export function readRequest<Request>(
  verb: string,
  schema: z.ZodType<Request>,
  value: string | undefined,
): Request {
  if (!value) {
    throw new BadUsage(
      `"longhaul ${verb}" takes its request from the variable ${requestVariable}, which is not set. ` +
        "`pulumi up` and `pulumi destroy` set it; `pulumi stack export` shows what they set it to.",
    );
  }
  const remedy =
    "The command and the program that wrote the request are of different versions: " +
    "`npm ls longhaul` shows which are installed, and `pulumi up` writes the request again.";
  const request = parseObject(value);
  if (!request) {
    // Only fields that are known to hold no secret are quoted.
    throw new BadUsage(
      `${requestVariable} is not a JSON object, so "longhaul ${verb}" does not know what to do. ${remedy}`,
    );
  }
  const parsed = schema.safeParse(request, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${nameOf(issue)} ${sentence(issue)}`);
  throw new BadUsage(
    `${requestVariable} is not a request for "longhaul ${verb}", and nothing was done:\n${problems.join("\n")}\n${remedy}`,
  );
}
