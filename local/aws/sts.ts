import type { Service } from "./server.ts";
import type { Cloud } from "./state.ts";

/** Security Token Service. Every caller may ask for its own identity. */
export function stsService(cloud: Cloud): Service {
  return {
    signingName: "sts",
    prefix: "sts",
    actions: {
      GetCallerIdentity: {
        needs: () => [],
        run: (_input, { arn, userId }) => ({ Account: cloud.account, Arn: arn, UserId: userId }),
      },
    },
  };
}
