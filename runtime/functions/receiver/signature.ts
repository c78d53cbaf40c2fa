import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Whether GitHub signed a body with this secret.
 *
 * @param signature the header `x-hub-signature-256`: `sha256=` and 64 hexadecimal digits
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function isSigned(body: Uint8Array, signature: string, secret: string): boolean {
  const digits = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
  if (digits === undefined) return false;
  const expected = createHmac("sha256", secret).update(body).digest();
  return timingSafeEqual(Buffer.from(digits, "hex"), expected);
}
