import { findEngine, openStandingStack as openIn } from "longhaul-local";
import type { LocalStack } from "longhaul-local";
import type { Environment } from "../../environment.ts";
import { engineSearch } from "./context.ts";

/**
 * The stack of a running local cloud, for a process in which the variables of
 * `local env` are set.
 *
 * @throws when there is no engine, or no stack
 */
export async function openStandingStack(
  { project }: Environment,
  variables: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<LocalStack> {
  const engine = await findEngine({ ...engineSearch(variables), log: say });
  return openIn(project, engine);
}
