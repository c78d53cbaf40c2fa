import { generateKeyPair } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { KnownApp } from "./options.ts";

/**
 * Makes the GitHub App that the local GitHub knows from the start. It is
 * installed on every repository, with _Actions_ (read). As GitHub does, it
 * hands out the private key once: here into a file that only the present user
 * can read.
 *
 * @param repositories names
 * @param keyFile is overwritten
 */
export async function installApp(repositories: readonly string[], keyFile: string): Promise<KnownApp> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await writeFile(keyFile, privateKey, { mode: 0o600 });
  return { ...installedApp, publicKey, permissions: { actions: "read" }, repositories };
}

/** The ids for `wakeOnDemand.app`. */
export const installedApp = { id: 1001, installationId: 2001 } as const;
