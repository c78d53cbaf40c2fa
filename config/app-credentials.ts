import { Failure } from "../contract/failure.ts";

/** Credentials of a GitHub App. */
export interface AppCredentials {
  id: string;
  installationId: string;
  /** PEM text. */
  privateKey: string;
}

/** The variables of an App, by the names that the GitHub provider knows as well. */
const variables = {
  id: "GITHUB_APP_ID",
  installationId: "GITHUB_APP_INSTALLATION_ID",
  privateKey: "GITHUB_APP_PEM_FILE",
} as const;

/**
 * The App's credentials in the environment; undefined when there are none, or
 * when a token is set, which the operator's command prefers as well.
 * `GITHUB_APP_PEM_FILE` holds the private key itself or the path of its file.
 *
 * @throws when some of the variables are set and others are not, or the file cannot be read
 */
export async function readAppCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => Promise<string>,
): Promise<AppCredentials | undefined> {
  if (environment.GITHUB_TOKEN) return undefined;
  const missing = Object.values(variables).filter((variable) => !environment[variable]);
  if (missing.length === Object.keys(variables).length) return undefined;
  if (missing.length > 0) {
    throw new Failure(
      `A GitHub App needs ${Object.values(variables).join(", ")} in the environment; not set: ${missing.join(", ")}.`,
    );
  }
  return {
    id: environment[variables.id]!,
    installationId: environment[variables.installationId]!,
    privateKey: await readPrivateKey(environment[variables.privateKey]!, readFile),
  };
}

async function readPrivateKey(value: string, readFile: (path: string) => Promise<string>): Promise<string> {
  if (value.startsWith("-----BEGIN")) return value;
  try {
    return await readFile(value);
  } catch (error) {
    // The error names what it took for a path, and that may be a key: neither the error nor its message is passed on.
    throw new Failure(
      `${variables.privateKey} is neither a private key nor the path of a file that can be read (${codeOf(error)}).`,
    );
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "without a reason";
}
