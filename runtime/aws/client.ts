import type { AwsCredentials, CredentialsSource } from "./credentials.ts";
import { AwsError, redact } from "./error.ts";
import type { Send } from "./http.ts";
import type { AwsInput, AwsService } from "./protocols.ts";
import { protocols } from "./protocols.ts";
import { signRequest } from "./sign.ts";
import { isRetryable, maxTries, retryDelayMs } from "./retry.ts";

/** An action as policies write it, for example `ssm:GetParameter`. */
export type AwsAction = `${AwsService}:${string}`;

/**
 * Calls AWS and gives back the decoded answer: an object where the service
 * speaks JSON, nothing where it speaks XML.
 *
 * @throws AwsError when the call fails for good
 */
export type CallAws<Action extends AwsAction> = (action: Action, input: AwsInput) => Promise<unknown>;

export interface AwsClientOptions {
  region: string;
  /** Base URLs without a trailing slash. */
  endpoints: Record<AwsService, string>;
  credentials: CredentialsSource;
  send: Send;
  clock: {
    /** Milliseconds since the epoch. */
    now(): number;
    sleep(milliseconds: number): Promise<void>;
  };
  /** In [0, 1): spreads the retries. */
  random: () => number;
}

/** Milliseconds for one try of a call. */
const timeoutMs = 10_000;

/** A client for the few actions that its caller names; what may be retried is, within seconds. */
export function awsClient<Action extends AwsAction>(options: AwsClientOptions): CallAws<Action> {
  const { clock, random } = options;
  return async (action, input) => {
    for (let tries = 1; ; tries++) {
      const result = await tryOnce(action, input, options);
      if (!(result instanceof AwsError)) return result.answer;
      if (tries === maxTries || !isRetryable(result.status, result.code)) throw result;
      await clock.sleep(retryDelayMs(tries, random()));
    }
  };
}

async function tryOnce(
  action: AwsAction,
  input: AwsInput,
  { region, endpoints, credentials, send, clock }: AwsClientOptions,
): Promise<AwsError | { answer: unknown }> {
  const [service, operation] = action.split(":") as [AwsService, string];
  const protocol = protocols[service];
  const { headers, body } = protocol.encode(operation, input);
  let key: AwsCredentials | undefined;
  const failure = (status: number, code: string, reason: string) =>
    new AwsError(
      action,
      status,
      code,
      redact(reason, [key?.secretAccessKey, key?.sessionToken, key?.accessKeyId, valueOf(input)]),
    );
  try {
    key = await credentials();
    const response = await send({
      method: "POST",
      url: `${endpoints[service]}/`,
      headers: signRequest({ endpoint: endpoints[service], headers, body }, key, {
        region,
        service: protocol.signingName,
        now: clock.now(),
      }),
      body,
      timeoutMs,
    });
    if (response.status === 200) return { answer: protocol.decode(response.body) };
    const { code, message } = protocol.error(response.body);
    return failure(response.status, code, message);
  } catch (error) {
    return failure(0, "NoAnswer", (error as Error).message);
  }
}

/** What a parameter is set to: it may be a secret. */
function valueOf({ Value }: AwsInput): string | undefined {
  return typeof Value === "string" ? Value : undefined;
}
