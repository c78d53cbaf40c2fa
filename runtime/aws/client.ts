import { isFault, traceOf } from "../../contract/failure.ts";
import type { AwsCredentials, CredentialsSource } from "./credentials.ts";
import { AwsError, redact, redactError } from "./error.ts";
import type { Send } from "./http.ts";
import type { AwsInput, AwsService } from "./protocols.ts";
import { protocols } from "./protocols.ts";
import { signRequest } from "./sign.ts";
import { isRetryable, maxTries, noTimeCode, retryDelayMs } from "./retry.ts";

/** An action as policies write it, for example `ssm:GetParameter`. */
export type AwsAction = `${AwsService}:${string}`;

/**
 * Calls AWS and gives back the decoded answer: an object where the service
 * speaks JSON, nothing where it speaks XML.
 *
 * @throws AwsError when the call fails for good
 */
export type CallAws<Action extends AwsAction> = (action: Action, input: AwsInput) => Promise<unknown>;

/** The services that these actions belong to. */
export type ServiceOf<Action extends AwsAction> =
  Action extends `${infer Service extends AwsService}:${string}` ? Service : never;

export interface AwsClientOptions<Service extends AwsService = never> {
  region: string;
  /** Base URLs without a trailing slash, at least those of the services that are called. */
  endpoints: Readonly<Partial<Record<AwsService, string>> & Record<Service, string>>;
  credentials: CredentialsSource;
  send: Send;
  clock: {
    /** Milliseconds since the epoch. */
    now(): number;
    sleep(milliseconds: number): Promise<void>;
  };
  /** A number in [0, 1), which spreads the retries. */
  random: () => number;
  /** Milliseconds for one try of a call. Default: ten seconds. */
  timeoutMs?: number;
  /** Milliseconds that the caller has left, read before each try. No try begins or ends later. Default: no limit. */
  leftMs?: () => number;
  /** Reads an action's answer in XML. Absent: the answers are not needed. If it throws a Failure, that counts as no answer. */
  readXml?: (body: string, action: AwsAction) => unknown;
}

const defaultTimeoutMs = 10_000;

/** A client for the few actions that its caller names. Within seconds it retries the calls that may be retried. */
export function awsClient<Action extends AwsAction>(
  options: AwsClientOptions<ServiceOf<Action>>,
): CallAws<Action> {
  const { clock, random, timeoutMs = defaultTimeoutMs, leftMs = () => Infinity } = options;
  return async (action, input) => {
    for (let tries = 1; ; tries++) {
      const left = Math.floor(leftMs()); // Node accepts whole milliseconds only.
      if (left <= 0) throw new AwsError(action, 0, noTimeCode, "the caller had no time left for the call");
      const result = await tryOnce(action, input, { ...options, timeoutMs: Math.min(timeoutMs, left) });
      if (!(result instanceof AwsError)) return result.answer;
      if (tries === maxTries || !isRetryable(result.status, result.code)) throw result;
      const delayMs = retryDelayMs(tries, random());
      if (delayMs >= leftMs()) throw result;
      await clock.sleep(delayMs);
    }
  };
}

type TryOptions = AwsClientOptions & { timeoutMs: number };

async function tryOnce(
  action: AwsAction,
  input: AwsInput,
  { region, endpoints, credentials, send, clock, timeoutMs, readXml }: TryOptions,
): Promise<AwsError | { answer: unknown }> {
  const [service, operation] = action.split(":") as [AwsService, string];
  const protocol = protocols[service];
  const endpoint = endpoints[service]!; // The client's type requires it.
  const { headers, body } = protocol.encode(operation, input);
  let key: AwsCredentials | undefined;
  const secrets = () => [key?.secretAccessKey, key?.sessionToken, key?.accessKeyId, valueOf(input)];
  try {
    key = await credentials();
    const response = await send({
      method: "POST",
      url: `${endpoint}/`,
      headers: signRequest({ endpoint, headers, body }, key, {
        region: protocol.signingRegion ?? region,
        service: protocol.signingName,
        now: clock.now(),
      }),
      body,
      timeoutMs,
    });
    if (response.status === 200)
      return { answer: protocol.decode(response.body) ?? readXml?.(response.body, action) };
    const { code, message } = protocol.error(response.body);
    return new AwsError(action, response.status, code, redact(message, secrets()));
  } catch (error) {
    redactError(error, secrets());
    if (isFault(error)) throw error; // Nothing was sent, or the answer was not understood: a retry would not help.
    return new AwsError(action, 0, "NoAnswer", traceOf(error), { cause: error });
  }
}

/** The value that a parameter is set to. It may be a secret. */
function valueOf({ Value }: AwsInput): string | undefined {
  return typeof Value === "string" ? Value : undefined;
}
