import { isOfCode, messageOf } from "../../contract/failure.ts";
import { ServiceError } from "./service-error.ts";

/** By name in lower case, as octokit returns them. */
type Headers = Readonly<Record<string, string | number | undefined>>;

/** The common part of octokit's errors; without a response there was no answer. */
interface OctokitError extends Error {
  status?: number;
  response?: { headers: Headers };
}

/** GitHub's statuses for a request that may succeed a little later. */
const transientStatuses = new Set([408, 429]);

/**
 * Makes one call with octokit (which retries by itself) and turns its error
 * into a sentence.
 *
 * @param what the call's purpose, for example `listing the runners of acme/app`
 * @throws ServiceError; as it is, an error that neither octokit nor GitHub makes
 */
export async function githubCall<Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error) || isOfCode(error)) throw error;
    throw serviceError(what, error);
  }
}

function serviceError(what: string, error: OctokitError): ServiceError {
  const { status = 0, response } = error;
  const message = messageOf(error);
  if (!response) {
    const failure = `GitHub failed at ${what} (no answer: ${message}).`;
    return new ServiceError(failure, { transient: true, cause: error });
  }
  const limited = isRateLimit(error);
  const step = limited ? whenLifted(response.headers) : nextStep(status);
  return new ServiceError(`GitHub failed at ${what} (HTTP ${status}: ${withoutLink(message)}).${step}`, {
    transient: limited || status >= 500 || transientStatuses.has(status),
    status,
    cause: error,
  });
}

/**
 * True for an error of a rate limit. GitHub answers 403 and 429 to too many requests, and 403 also to what is not
 * permitted. An error with another status is not one of a limit, although the last request of an hour always reports that
 * none is left.
 *
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
function isRateLimit(error: OctokitError): boolean {
  const { status = 0, response } = error;
  if (status !== 403 && status !== 429) return false;
  const { [remaining]: left, "retry-after": retryAfter } = response?.headers ?? {};
  return left === "0" || retryAfter !== undefined || /rate limit/i.test(messageOf(error));
}

const remaining = "x-ratelimit-remaining";

/** `x-ratelimit-reset` belongs to the limit of the hour, and does not apply to a secondary one. */
function whenLifted(headers: Headers): string {
  const { [remaining]: left, "x-ratelimit-reset": reset, "retry-after": retryAfter } = headers;
  if (left === "0" && Number(reset) > 0)
    return ` The limit is lifted at ${new Date(Number(reset) * 1000).toISOString()}.`;
  return Number(retryAfter) > 0
    ? ` The limit is lifted in ${Number(retryAfter)} s.`
    : " Run it again in a few minutes.";
}

function nextStep(status: number): string {
  switch (status) {
    case 401:
      return " Check GITHUB_TOKEN, or the App's credentials: they are wrong or have expired.";
    case 403:
    case 404:
      return " Check that it exists and that the credentials may administer its runners and write its actions.";
    default:
      return "";
  }
}

function withoutLink(message: string): string {
  return message.replace(/ - https:\S+$/, "");
}
