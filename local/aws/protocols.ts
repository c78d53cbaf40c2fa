import { parseObject } from "../../contract/json.ts";
import { EmulatedAwsError } from "./errors.ts";
import type { Input } from "./input.ts";
import { xmlDocument } from "./xml.ts";
import type { XmlStyle } from "./xml.ts";

/** How a service speaks over HTTP. */
export interface Protocol {
  decode(body: string): Input;
  result(action: string, output: Input): Response;
  error(error: EmulatedAwsError): Response;
  /** The service's error codes for unknown credentials, a wrong signature and a call that is not permitted. */
  refusals: Record<"unknownKey" | "badSignature" | "denied", { code: string; status: number }>;
}

const requestId = "00000000-0000-4000-8000-000000000000";

/** EC2's own variant of the query protocol. */
export const ec2Protocol: Protocol = {
  decode: decodeQuery,
  result: (action, output) =>
    xmlResponse(xmlDocument(`${action}Response`, { requestId, ...output }, ec2Style, ec2Namespace)),
  error: ({ code, text, status }) =>
    // EC2 writes its errors in one line.
    xmlResponse(
      xmlDocument(
        "Response",
        { Errors: { Error: { Code: code, Message: text } }, RequestID: requestId },
        { list: "item" },
      ),
      status,
    ),
  refusals: {
    unknownKey: { code: "AuthFailure", status: 401 },
    badSignature: { code: "SignatureDoesNotMatch", status: 403 },
    denied: { code: "UnauthorizedOperation", status: 403 },
  },
};

/** The format of recorded answers of EC2. */
const ec2Style: XmlStyle = { list: "item", indent: 4 };
const ec2Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";

/** The format of STS's answers in AWS's documentation. */
const queryStyle: XmlStyle = { list: "member", indent: 2 };

/** The query protocol of STS and of CloudWatch's older clients. */
export const queryProtocol: Protocol = {
  decode: decodeQuery,
  result: (action, output) =>
    xmlResponse(
      xmlDocument(
        `${action}Response`,
        { [`${action}Result`]: output, ResponseMetadata: { RequestId: requestId } },
        queryStyle,
      ),
    ),
  error: ({ code, text, status }) =>
    xmlResponse(
      xmlDocument(
        "ErrorResponse",
        {
          Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: text },
          RequestId: requestId,
        },
        queryStyle,
      ),
      status,
    ),
  refusals: {
    unknownKey: { code: "InvalidClientTokenId", status: 403 },
    badSignature: { code: "SignatureDoesNotMatch", status: 403 },
    denied: { code: "AccessDenied", status: 403 },
  },
};

/** AWS JSON 1.0 and 1.1: SSM, Logs, DynamoDB, SQS, and CloudWatch's newer clients. */
export const jsonProtocol: Protocol = {
  decode: (body) => {
    const input = body === "" ? {} : parseObject(body);
    if (!input) throw new EmulatedAwsError("SerializationException", "The request is not a JSON object");
    return input;
  },
  result: (_action, output) => jsonResponse(jsonValue(output)),
  error: ({ code, text, status }) => jsonResponse({ __type: code, message: text }, status),
  refusals: {
    unknownKey: { code: "UnrecognizedClientException", status: 403 },
    badSignature: { code: "InvalidSignatureException", status: 403 },
    denied: { code: "AccessDeniedException", status: 400 },
  },
};

function jsonResponse(value: unknown, status = 200): Response {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": requestId };
  return new Response(JSON.stringify(value), { status, headers });
}

function xmlResponse(text: string, status = 200): Response {
  return new Response(text, {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8" },
  });
}

/** `Filter.1.Value.2=x` and `MetricData.member.1.Unit=y` become nested objects and arrays. */
function decodeQuery(body: string): Input {
  const root: Record<string, unknown> = {};
  for (const [path, value] of new URLSearchParams(body)) {
    const parts = path.split(".");
    let node = root;
    for (const part of parts.slice(0, -1)) node = (node[part] ??= {}) as Record<string, unknown>;
    node[parts.at(-1)!] = value;
  }
  return listsOf(root) as Input;
}

function listsOf(node: unknown): unknown {
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]): [string, unknown] => [key, listsOf(value)]);
  if (entries.length === 1 && entries[0]![0] === "member") return entries[0]![1];
  if (entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  }
  return Object.fromEntries(entries);
}

/** AWS's JSON writes times in seconds. */
function jsonValue(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonValue(member)]));
}
