import * as pulumi from "@pulumi/pulumi";
import { requestVariable } from "../../contract/requests.ts";
import type { Whole } from "../../contract/written.ts";

/** The verbs of `longhaul` that the program itself calls. */
export type ProgramVerb =
  | "await"
  | "await-meter"
  | "settle"
  | "drain"
  | "lift"
  | "smoke dispatch"
  | "smoke publish"
  | "smoke withdraw"
  | "webhook-secret";

/**
 * The script of a Command. It is the same text on every computer and holds no
 * value, so it is never the reason why a Command runs again. Node finds the
 * package from the program's folder, in this project and in one that depends on
 * it; `npx` does the same, a second slower.
 */
export function commandLine(verb: ProgramVerb): string {
  return `node -e 'import("longhaul/main").then(({ main }) => main(process.argv.slice(1)))' ${verb}`;
}

/** The environment variables that carry a request to the command. Credentials are never in them. */
export function requestEnvironment<Request>(
  request: pulumi.Input<Whole<Request>>,
): Record<typeof requestVariable, pulumi.Output<string>> {
  return { [requestVariable]: pulumi.jsonStringify(request) };
}
