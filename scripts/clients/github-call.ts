import { ServiceError } from "./service-error.ts";

/** What octokit's errors have in common; without a response there was no answer. */
interface OctokitError extends Error {
  status?: number;
  response?: { headers: Readonly<Record<string, string | number | undefined>> };
}

/** GitHub's statuses for a request that might be taken a little later. */
const transientStatuses = new Set([408, 429]);

/**
 * Makes one call with octokit (which retries by itself) and turns its error
 * into a sentence.
 *
 * @param what the call's purpose, for example `listing the runners of acme/app`
 * @throws ServiceError
 */
export async function githubCall<Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw serviceError(what, error);
  }
}

function serviceError(what: string, error: OctokitError): ServiceError {
  const { message, status = 0, response } = error;
  if (!response) {
    const failure = `GitHub failed at ${what} (no answer: ${message}).`;
    return new ServiceError(failure, { transient: true, cause: error });
  }
  const limited = isRateLimit(error);
  const step = limited ? whenLifted(response.headers["x-ratelimit-reset"]) : nextStep(status);
  return new ServiceError(`GitHub failed at ${what} (HTTP ${status}: ${withoutLink(message)}).${step}`, {
    transient: limited || status >= 500 || transientStatuses.has(status),
    status,
    cause: error,
  });
}

/** 403 is both "not permitted" and "too many requests". */
function isRateLimit({ message, response }: OctokitError): boolean {
  return /rate limit/i.test(message) || response?.headers["x-ratelimit-remaining"] === "0";
}

/** @param reset seconds since the epoch */
function whenLifted(reset: string | number | undefined): string {
  const seconds = Number(reset);
  return seconds > 0
    ? ` The limit is lifted at ${new Date(seconds * 1000).toISOString()}.`
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
