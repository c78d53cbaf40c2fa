import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shape } from "../../contract/shape.ts";
import { parseShape } from "../../contract/shape.ts";

/** The content of `.runner`. */
export interface RunnerSettings {
  agentId: number;
  agentName: string;
  poolName: string;
  /** Base URL of the exchange with GitHub. */
  serverUrl: string;
  gitHubUrl: string;
  workFolder: string;
  disableUpdate: boolean;
}

/** The content of `.credentials` and, for the secret, of `.credentials_rsaparams`. */
export interface RunnerCredentials {
  clientId: string;
  secret: string;
}

interface CredentialsFile {
  data: { clientId: string };
}
interface KeyFile {
  secret: string;
}

/** The content of the files that {@link saveConfiguration} writes. */
const settingsShape: Shape<RunnerSettings> = {
  agentId: "number",
  agentName: "text",
  poolName: "text",
  serverUrl: "text",
  gitHubUrl: "text",
  workFolder: "text",
  disableUpdate: "flag",
};
const credentialsShape: Shape<CredentialsFile> = { data: { clientId: "text" } };
const keyShape: Shape<KeyFile> = { secret: "secret" };

const files = { settings: ".runner", credentials: ".credentials", key: ".credentials_rsaparams" };

/**
 * The files in which the real listener saves settings that GitHub changes. It
 * prefers them to the files above, but cannot start without those. The stand-in
 * never writes them.
 */
const migrated = { settings: ".runner_migrated", credentials: ".credentials_migrated" };

export function isConfigured(root: string): boolean {
  return [files, migrated].some(({ settings }) => existsSync(join(root, settings)));
}

export function hasCredentials(root: string): boolean {
  return [files, migrated].some(({ credentials }) => existsSync(join(root, credentials)));
}

/** @throws if there is a key that cannot be read: config.sh uses a key that it finds */
export function checkKey(root: string): void {
  const path = join(root, files.key);
  if (existsSync(path)) parseFile<KeyFile>(root, files.key, keyShape);
}

export function saveConfiguration(
  root: string,
  settings: RunnerSettings,
  credentials: RunnerCredentials,
): void {
  const save = (file: string, value: unknown) => {
    writeFileSync(join(root, file), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  };
  save(files.key, { secret: credentials.secret });
  save(files.credentials, { scheme: "OAuth", data: { clientId: credentials.clientId } });
  save(files.settings, settings);
}

export function loadSettings(root: string): RunnerSettings {
  return parseFile<RunnerSettings>(root, files.settings, settingsShape);
}

export function loadCredentials(root: string): RunnerCredentials {
  const { data } = parseFile<CredentialsFile>(root, files.credentials, credentialsShape);
  const { secret } = parseFile<KeyFile>(root, files.key, keyShape);
  return { clientId: data.clientId, secret };
}

/** @throws {Failure} naming each value that is missing or of another kind */
function parseFile<Value>(root: string, file: string, shape: Shape<Value>): Value {
  return parseShape(readFileSync(join(root, file), "utf8"), shape, {
    subject: `The runner's file ${file}`,
    remedy: "The runner cannot start with it: configure it again.",
  });
}

/** The key is kept when there are no credentials, as by the real runner. */
export function deleteConfiguration(root: string): void {
  const { key, ...others } = files;
  const keys = hasCredentials(root) ? [key] : [];
  for (const file of [...keys, ...Object.values(others), ...Object.values(migrated)])
    rmSync(join(root, file), { force: true });
}

/** Variables of the runner's `.env`: lines of `NAME=value`, with the value taken literally. */
export function readEnvironmentFile(root: string): Record<string, string> {
  const file = join(root, ".env");
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, "utf8").split("\n");
  const entries = lines.flatMap((line) => {
    const equals = line.indexOf("=");
    return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)]] : [];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}
