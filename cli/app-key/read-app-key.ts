import { createPrivateKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { BadUsage } from "../exit-codes.ts";

/** GitHub makes keys of 2,048 bits, so a shorter key is not an App's. */
const leastBits = 2048;

/**
 * The private key of a GitHub App in a file's text, in the form in which GitHub
 * writes it (PEM, PKCS #1). Anything else in the text is left out.
 *
 * @param file its path, for messages; no message quotes the text
 * @throws BadUsage when the text is not an RSA private key
 */
export function appKeyIn(text: string, file: string): string {
  const key = parse(text, file);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa") {
    throw refused(
      file,
      `is a private key of the kind ${key.asymmetricKeyType ?? "unknown"}, and an App's is RSA`,
    );
  }
  if (bits < leastBits) throw refused(file, `is an RSA key of ${bits} bits, and an App's has ${leastBits}`);
  return key.export({ type: "pkcs1", format: "pem" }).toString();
}

/** The parser's own error is not passed on, because it may quote a part of the key. */
function parse(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw refused(file, reasonOf(text));
  }
}

function reasonOf(text: string): string {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)) return "is protected by a passphrase";
  if (/-----BEGIN (RSA )?PUBLIC KEY/.test(text)) return "is the public half of a key";
  if (text.includes("-----BEGIN CERTIFICATE")) return "is a certificate";
  return text.includes("-----BEGIN") ? "holds a key that is damaged" : "holds no key in PEM";
}

function refused(file: string, reason: string): BadUsage {
  return new BadUsage(
    `${file} ${reason}. Take the file that GitHub gave when it made the App's private key ` +
      "(settings of the App, Private keys). Nothing was stored.",
  );
}
