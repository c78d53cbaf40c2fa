import type { AgentCall } from "../../contract/agent-calls.ts";
import type { CallAws } from "../aws/client.ts";

/** The agent's AWS client: it accepts the calls that the machine's role permits, and no others. */
export type Aws = CallAws<AgentCall>;
