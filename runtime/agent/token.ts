import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import { AwsError } from "../aws/error.ts";
import type { Aws } from "./aws.ts";

/** The parameter through which a machine gets its registration tokens. */
export interface TokenParameter {
  /** `missing`: nobody has written it yet; `used`: the machine has had what was in it. */
  read(): Promise<{ token: string } | "missing" | "used">;
  /** Overwrites the token, so that it is nowhere once it has been used. */
  markUsed(): Promise<void>;
}

/** Both calls throw AwsError when AWS cannot be asked. */
export function machineToken(
  { environment, fleet }: { environment: string; fleet: string },
  instanceId: string,
  aws: Aws,
): TokenParameter {
  const name = tokenParameter(environment, fleet, instanceId);
  return {
    async read() {
      try {
        const answer = await aws("ssm:GetParameter", { Name: name, WithDecryption: true });
        const { Value } = (answer as { Parameter: { Value: string } }).Parameter;
        return Value === usedToken ? "used" : { token: Value };
      } catch (error) {
        // Without its tag, which comes with it, the parameter is denied rather than missing.
        if (error instanceof AwsError && /^(ParameterNotFound|AccessDenied)/.test(error.code))
          return "missing";
        throw error;
      }
    },
    async markUsed() {
      // No Type: an existing parameter keeps its own, and its key.
      await aws("ssm:PutParameter", { Name: name, Value: usedToken, Overwrite: true });
    },
  };
}
