import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import type { SweepConfiguration } from "../../../../contract/controller.ts";
import { installationToken } from "./app-token.ts";
import { GithubRefusal } from "./ask.ts";
import type { Ask, Question } from "./ask.ts";

/** Asks with an installation's token: see {@link Ask}. */
export type AskAsInstallation = (path: string, question?: Pick<Question, "leave">) => Promise<string>;

/** The token of an installation. It lives as long as the function's process, and is in no log. */
export interface KeptToken {
  /** What it was asked for with. Another key may be there because somebody else had the first one. */
  key: string;
  text: string;
  /** By the clock that nobody sets. */
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
  /** Milliseconds of a clock that nobody sets. */
  elapsed: () => number;
  sleep: (milliseconds: number) => Promise<void>;
}

/** GitHub's tokens of installations hold for an hour. This leaves a minute for the two clocks to differ. */
const keptMs = 59 * 60_000;

/** Milliseconds for which a new token may be refused, and between two tries. */
const freshMs = 5000;
const retryMs = 1000;

/**
 * Asks GitHub as an installation, with one token for its hour. Not all of GitHub
 * knows a new token at once: for the first seconds a 401 does not mean that the
 * token is wrong, and the request is sent again. After them, a token of an
 * earlier sweep is replaced, once: somebody may have revoked it.
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
    // One that is for all repositories may not know those that the App is installed on later.
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
