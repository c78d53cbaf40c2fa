import { parseObject } from "../../contract/json.ts";
import type { Send } from "../aws/http.ts";
import { readSmallFile } from "./tail.ts";

/** Milliseconds for an answer. */
const timeoutMs = 10_000;

/**
 * True if the server that the listener polls answers this machine, with any
 * status but a server error. False also if the runner's configuration names no
 * server.
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
    return false; // There was no answer in time, or no route.
  }
}

/** The file belongs to the runner's user, and .NET begins it with a byte order mark. */
function serverUrl(text: string | undefined): string | undefined {
  const { serverUrlV2, serverUrl: older } = parseObject(text?.replace(/^\uFEFF/, "")) ?? {};
  const url = serverUrlV2 ?? older;
  return typeof url === "string" && /^https?:\/\//.test(url) ? url : undefined;
}
