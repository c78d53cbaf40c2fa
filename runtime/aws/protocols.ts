import { Failure } from "../../contract/failure.ts";
import { parseJson } from "./json.ts";

/** The input of a call: nested objects and lists of plain values. */
export interface AwsInput {
  readonly [key: string]: AwsValue;
}
export type AwsValue = string | number | boolean | AwsInput | readonly AwsValue[];

/** Services by the prefix of their actions. */
export type AwsService = "ec2" | "ssm" | "cloudwatch" | "logs" | "dynamodb" | "sqs" | "budgets";

export interface AwsProtocol {
  /** The service's name in the scope of a signature. */
  signingName: string;
  /** The region in the scope of a signature. Absent: the client's region. */
  signingRegion?: string;
  encode(operation: string, input: AwsInput): { headers: Record<string, string>; body: string };
  /** @throws Failure when the body is not in the service's format */
  decode(body: string): unknown;
  /** Code and message of an answer that is not a success. */
  error(body: string): { code: string; message: string };
}

/** AWS Budgets has one endpoint for the whole partition, in this region. The stack has no budget in other partitions. */
const budgetsRegion = "us-east-1";

export const protocols: Record<AwsService, AwsProtocol> = {
  ec2: query("ec2", "2016-11-15", ""),
  cloudwatch: query("monitoring", "2010-08-01", ".member"),
  ssm: json("ssm", "AmazonSSM", "1.1"),
  logs: json("logs", "Logs_20140328", "1.1"),
  dynamodb: json("dynamodb", "DynamoDB_20120810", "1.0"),
  sqs: json("sqs", "AmazonSQS", "1.0"),
  budgets: { ...json("budgets", "AWSBudgetServiceGateway", "1.1"), signingRegion: budgetsRegion },
};

/** The query protocol. Its answers are XML, which only a client with `readXml` reads. */
function query(signingName: string, version: string, list: "" | ".member"): AwsProtocol {
  return {
    signingName,
    encode: (operation, input) => ({
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body: new URLSearchParams([
        ["Action", operation],
        ["Version", version],
        ...flatten(input, "", list),
      ]).toString(),
    }),
    decode: () => undefined,
    error: (body) => ({
      code: /<Code>([^<]*)/.exec(body)?.[1] ?? "Unknown",
      message: /<Message>([^<]*)/.exec(body)?.[1] ?? "",
    }),
  };
}

function flatten(value: AwsValue, path: string, list: string): [string, string][] {
  if (typeof value !== "object") return [[path, String(value)]];
  const entries = isList(value)
    ? value.map((item, index): [string, AwsValue] => [`${path}${list}.${index + 1}`, item])
    : Object.entries(value).map(([key, item]): [string, AwsValue] => [
        path === "" ? key : `${path}.${key}`,
        item,
      ]);
  return entries.flatMap(([key, item]) => flatten(item, key, list));
}

/** AWS's JSON protocols. Only the media type of the two versions differs in what matters here. */
function json(signingName: string, target: string, version: "1.0" | "1.1"): AwsProtocol {
  return {
    signingName,
    encode: (operation, input) => ({
      headers: {
        "content-type": `application/x-amz-json-${version}`,
        "x-amz-target": `${target}.${operation}`,
      },
      body: JSON.stringify(input),
    }),
    decode: (body) => {
      const answer = parseJson(body || "{}");
      if (answer === undefined) throw new Failure(`the answer of ${body.length} characters is not JSON`);
      return answer;
    },
    error: (body) => {
      // The page of a proxy or load balancer is not JSON. The status then has to say enough.
      const fault = (parseJson(body) ?? {}) as Record<string, unknown>;
      const message = fault.message ?? fault.Message;
      return {
        code: typeof fault.__type === "string" ? fault.__type.replace(/^.*#/, "") : "Unknown",
        message: typeof message === "string" ? message : "",
      };
    },
  };
}

function isList(value: AwsValue): value is readonly AwsValue[] {
  return Array.isArray(value);
}
