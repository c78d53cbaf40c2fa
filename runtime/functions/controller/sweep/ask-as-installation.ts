import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import type { SweepConfiguration } from "../../../../contract/controller.ts";
import { installationToken } from "./app-token.ts";
import { GithubRefusal } from "./ask.ts";
import type { Ask, Question } from "./ask.ts";

/** Asks with an installation's token: see {@link Ask}. */
export type AskAsInstallation = (path: string, question?: Pick<Question, "leave">) => Promise<string>;

/** The token of an installation. It is kept in the memory of the function's process only, and never logged. */
export interface KeptToken {
  /** The public half of the App's key that it was requested with. If the key was replaced, the token may be compromised. */
  key: string;
  text: string;
  /** Milliseconds of a monotonic clock. */
  givenAtMs: number;
  /** Milliseconds since the epoch. */
  keepUntil: number;
}

export interface InstallationHost {
  settings: Pick<SweepConfiguration, "app" | "repositories">;
  /** The App's private key. */
  key: KeyObject;
  /** Holds the token from one sweep to the next. */
  kept: { token?: KeptToken };
  ask: Ask;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds of a monotonic clock. */
  elapsed: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

/** GitHub's installation tokens are valid for an hour. This leaves a minute by which the two clocks may differ. */
const keptMs = 59 * 60_000;

/** Milliseconds in which GitHub may still refuse a new token, and between two tries. */
const freshMs = 5000;
const retryMs = 1000;

/**
 * Asks GitHub as an installation, with one token for an hour. Newly created
 * tokens may not be known to all of GitHub's servers yet. So a 401 in the first
 * seconds does not mean that the token is wrong, and the request is retried.
 * After that, a token of an earlier sweep is replaced once: somebody may have
 * revoked it.
 *
 * @see https://github.com/octokit/auth-app.js/issues/65
 */
export function askAsInstallation(host: InstallationHost): AskAsInstallation {
  const { settings, key, kept, ask, now, elapsed, sleep } = host;
  const keyText = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  let isNew = false;

  const currentToken = async (): Promise<KeptToken> => {
    const { token } = kept;
    if (token?.key === keyText && (isNew || now() < token.keepUntil)) return token;
    const { text, isForAll } = await installationToken(settings, key, now(), ask);
    isNew = true;
    // A token for all repositories may not cover those on which the App is installed later, so it is not kept.
    const keepUntil = isForAll ? -Infinity : now() + keptMs;
    return (kept.token = { key: keyText, text, givenAtMs: elapsed(), keepUntil });
  };

  return async (path, question = {}) => {
    for (;;) {
      const token = await currentToken();
      try {
        return await ask(path, { ...question, authorization: token.text });
      } catch (error) {
        if (!(error instanceof GithubRefusal && error.status === 401)) throw error;
        if (elapsed() - token.givenAtMs < freshMs) await sleep(retryMs);
        else if (isNew) throw error;
        else delete kept.token;
      }
    }
  };
}
