import type { Service } from "./server.ts";
import type { Cloud } from "./state.ts";

/** Security Token Service. Who one is, one may always ask. */
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
