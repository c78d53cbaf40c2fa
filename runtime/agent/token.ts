import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import { AwsError } from "../aws/error.ts";
import type { Aws } from "./aws.ts";

/** The parameter through which a machine gets its registration tokens. */
export interface TokenParameter {
  /**
   * `missing`: nobody has written it yet; `used`: the machine has had what was in it; `denied`: AWS's own words.
   * It is denied until its tag is there, too, so a denial means something only when it lasts.
   */
  read(): Promise<{ token: string } | { denied: string } | "missing" | "used">;
  /** Overwrites the token once it has been used. SSM keeps what was there: `longhaul await` and `settle` remove that. */
  markUsed(): Promise<void>;
}

/** Both calls throw AwsError when AWS cannot be asked. */
export function machineToken(
  {
    environment,
    fleet,
    aws: { kmsKeyArn },
  }: { environment: string; fleet: string; aws: { kmsKeyArn?: string } },
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
        if (!(error instanceof AwsError)) throw error;
        if (error.code === "ParameterNotFound") return "missing";
        if (error.code.startsWith("AccessDenied")) return { denied: error.message };
        throw error;
      }
    },
    async markUsed() {
      await aws("ssm:PutParameter", {
        Name: name,
        Value: usedToken,
        Overwrite: true,
        // An existing parameter keeps its type, but an overwrite that names no key takes the account's default one.
        ...(kmsKeyArn !== undefined && { KeyId: kmsKeyArn }),
      });
    },
  };
}
