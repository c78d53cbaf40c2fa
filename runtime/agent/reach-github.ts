import { parseObject } from "../../contract/json.ts";
import type { Send } from "../aws/http.ts";
import { readSmallFile } from "./tail.ts";

/** Milliseconds for an answer. */
const timeoutMs = 10_000;

/**
 * Whether the server that the listener polls answers this machine, whatever it
 * says; an error of its own is no answer. False as well where the runner's
 * configuration names none.
 *
 * @param registration the runner's configuration, as config.sh writes it
 */
export async function reachGithub(registration: string, send: Send): Promise<boolean> {
  const url = serverUrl(readSmallFile(registration));
  if (url === undefined) return false;
  try {
    const { status } = await send({ method: "HEAD", url, headers: {}, timeoutMs });
    return status < 500;
  } catch {
    return false; // No answer in time, or no way there: that is what was asked.
  }
}

/** The file belongs to the runner's user, and .NET begins it with a byte order mark. */
function serverUrl(text: string | undefined): string | undefined {
  const { serverUrlV2, serverUrl: older } = parseObject(text?.replace(/^\uFEFF/, "")) ?? {};
  const url = serverUrlV2 ?? older;
  return typeof url === "string" && /^https?:\/\//.test(url) ? url : undefined;
}
