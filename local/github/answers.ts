import type { Context } from "hono";
import type { Endpoints } from "@octokit/types";
import { Failure } from "../../contract/failure.ts";
import { isObject } from "../../contract/json.ts";

/** The body that GitHub documents for an endpoint's answer. */
export type Body<Route extends keyof Endpoints> = Endpoints[Route]["response"]["data"];

/** Ends a request with an error body in GitHub's form. */
export class ApiError extends Failure {
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  toResponse(): Response {
    const body = {
      message: this.message,
      documentation_url: "https://docs.github.com/rest",
      status: String(this.status),
    };
    return Response.json(body, { status: this.status, headers: this.headers });
  }
}

/** GitHub's answer for an armed fault. */
export function faultAnswer({
  status,
  retryAfterSeconds = 60,
}: {
  status: number;
  retryAfterSeconds?: number;
}): ApiError {
  const retryAfter = { "retry-after": String(retryAfterSeconds) };
  switch (status) {
    case 401:
      return new ApiError(401, "Bad credentials");
    case 403:
      return new ApiError(
        403,
        "You have exceeded a secondary rate limit. Please wait a few minutes.",
        retryAfter,
      );
    case 404:
      return notFound();
    case 429:
      return new ApiError(429, "Too many requests", retryAfter);
    case 502:
      return new ApiError(502, "Server Error");
    default:
      return new ApiError(status, "Internal Server Error");
  }
}

export const notFound = (): ApiError => new ApiError(404, "Not Found");
export const noContent = (): Response => new Response(null, { status: 204 });

/** The request's JSON object; an empty body is an empty object. */
export async function bodyOf(c: Context): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  if (text === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    throw new ApiError(400, "Problems parsing JSON");
  }
  throw new ApiError(400, "Body should be a JSON object");
}

/** A text that the endpoint requires. */
export function textIn(body: Record<string, unknown>, key: string): string {
  const value = body[key];
  if (typeof value !== "string")
    throw new ApiError(422, `Invalid request.\n\n"${key}" wasn't supplied or is not a string.`);
  return value;
}

export function textsIn(body: Record<string, unknown>, key: string): string[] {
  const value = body[key];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw new ApiError(422, `Invalid request.\n\n"${key}" wasn't supplied or is not an array of strings.`);
  return value;
}

/** One page of a list, as `page` and `per_page` ask for it, and the Link header that leads to the next. */
export function paged<T>(c: Context, all: readonly T[]): { items: T[]; headers: Record<string, string> } {
  const asked = (key: string, fallback: number) =>
    Math.max(1, Number(c.req.query(key) ?? fallback) || fallback);
  const perPage = Math.min(100, asked("per_page", 30));
  const page = asked("page", 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const link = (to: number, rel: string) => {
    const url = new URL(c.req.url);
    url.searchParams.set("page", String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(1, "first"), link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
  ];
  return {
    items: all.slice((page - 1) * perPage, page * perPage),
    headers: links.length > 0 ? { link: links.join(", ") } : {},
  };
}
