import { isRetryable } from "../../runtime/aws/retry.ts";
import { isOfCode, messageOf } from "../../contract/failure.ts";
import { ServiceError } from "./service-error.ts";

/** The common part of the SDK's errors. */
interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number };
  $retryable?: unknown;
}

/**
 * Makes one call with the SDK (which retries by itself) and turns its error
 * into a sentence.
 *
 * @param action for example `ec2:DescribeInstances`
 * @throws ServiceError; as it is, an error that neither the SDK nor a service makes
 */
export async function awsCall<Answer>(action: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error) || isOfCode(error)) throw error;
    throw serviceError(action, error);
  }
}

function serviceError(action: string, error: SdkError): ServiceError {
  if (error.name === "CredentialsProviderError") {
    return new ServiceError(
      `${action} was not called: there are no AWS credentials. ` +
        "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment.",
      { transient: false, cause: error },
    );
  }
  const status = error.$metadata?.httpStatusCode;
  // The SDK recognises more than codes: a connection that was reset, for example.
  const transient = isRetryable(status ?? 0, error.name) || error.$retryable !== undefined;
  const answer = status === undefined ? "no answer" : `HTTP ${status}`;
  // The parser's message quotes the answer, which may contain secrets.
  const words = error instanceof SyntaxError ? "the answer is damaged" : messageOf(error);
  return new ServiceError(`${action} failed (${answer}): ${error.name}: ${words}`, {
    transient,
    ...(status !== undefined && { status }),
    cause: error,
  });
}
