import * as pulumi from "@pulumi/pulumi";
import { requestVariable } from "../contract/requests.ts";

/** What of `longhaul` the program itself calls. */
export type ProgramVerb = "await" | "settle" | "drain" | "smoke dispatch" | "webhook-secret";

/**
 * The script of a Command. It is the same text on every computer and holds no
 * value, so that it never is the reason why a Command runs again.
 */
export function commandLine(verb: ProgramVerb): string {
  return `npx --no-install longhaul ${verb}`;
}

/** The environment that carries a request to the command line. Credentials are never in it. */
export function requestEnvironment<Request>(
  request: pulumi.Input<Request>,
): Record<typeof requestVariable, pulumi.Output<string>> {
  return { [requestVariable]: pulumi.jsonStringify(request) };
}
