import type { Finding } from "../issues.ts";
import { limits } from "../limits.ts";
import { localEnvironment } from "../../contract/local-cloud.ts";
import type { Configuration } from "../schema.ts";

/** A machine that leaves too soon can get a job that GitHub is just assigning to it. The local cloud's GitHub is faster. */
export function agentFindings(environment: string, { agent }: Configuration): Finding[] {
  if (environment === localEnvironment || agent.quietSeconds >= limits.quietSeconds) return [];
  const message = `must be at least ${limits.quietSeconds}; it is ${agent.quietSeconds}`;
  return [{ path: ["agent", "quietSeconds"], message }];
}
