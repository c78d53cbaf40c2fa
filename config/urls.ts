import * as z from "zod";

/** Whether a URL's host is the computer itself: `localhost`, `127.*`, `[::1]`. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** A URL without the slashes at its end, so that a path can be added. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/**
 * A URL without a user name or password. Everything in the configuration may
 * end up in a machine's user data, which every process on it can read.
 */
export const httpUrl = z
  .url({
    protocol: /^https?$/,
    error: "must be a URL that starts with https:// or http://",
    abort: true,
  })
  .refine(hasNoCredentials, {
    error:
      "must not carry a user name or password: it would stand in the machine's user data, where every job can read it",
    abort: true,
  });

/** A URL over which credentials travel: https, except to the computer itself. */
export const tlsUrl = httpUrl.refine(
  (url) => url.startsWith("https://") || isLoopback(url),
  "must start with https://, because credentials travel over it (http:// is for this computer alone)",
);

function hasNoCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username === "" && password === "";
}
