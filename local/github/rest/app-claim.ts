import { verify } from "node:crypto";
import type { Model } from "../model.ts";
import type { KnownApp } from "../options.ts";
import { parseObject } from "../../../contract/json.ts";
import { ApiError } from "../answers.ts";

/** The longest claim that GitHub accepts, in seconds from its own clock's now. */
const longestSeconds = 600;

/**
 * The App that signed a claim (a JSON web token, RS256).
 *
 * @throws ApiError 401 in GitHub's words, which do not distinguish a wrong key
 * from a text that is not a claim
 * @see
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export function appOf(model: Model, text: string): KnownApp {
  const [header, payload, signature, ...rest] = text.split(".");
  const claim = parse(payload);
  const app = model.apps.find(({ id }) => String(id) === String(claim?.iss));
  const isSigned =
    rest.length === 0 &&
    parse(header)?.alg === "RS256" &&
    app !== undefined &&
    verify(
      "RSA-SHA256",
      Buffer.from(`${header!}.${payload!}`),
      app.publicKey,
      Buffer.from(signature ?? "", "base64url"),
    );
  if (!claim || !isSigned) throw new ApiError(401, "A JSON web token could not be decoded");
  checkTimes(claim, Math.floor(model.clock.now() / 1000));
  return app;
}

function checkTimes({ iat, exp }: Record<string, unknown>, now: number): void {
  if (!isSeconds(iat) || iat > now) {
    const message =
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
    throw new ApiError(401, message);
  }
  if (!isSeconds(exp) || exp <= now) {
    const message =
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
    throw new ApiError(401, message);
  }
  if (exp > now + longestSeconds) {
    throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function parse(part: string | undefined): Record<string, unknown> | undefined {
  return parseObject(Buffer.from(part ?? "", "base64url").toString());
}
