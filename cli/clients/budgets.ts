import { serviceEndpoint } from "../../config/derive.ts";
import type { BudgetCall } from "../../contract/controller-calls.ts";
import type { Target } from "../../contract/requests.ts";
import { awsClient } from "../../runtime/aws/client.ts";
import type { CallAws } from "../../runtime/aws/client.ts";
import type { CredentialsSource } from "../../runtime/aws/credentials.ts";
import { sendHttp } from "../../runtime/aws/http.ts";
import { systemClock } from "../clock.ts";

/** AWS Budgets, with the controller's client: three calls do not justify another SDK package. */
export function budgetsOf(
  { region, endpoints }: Target["aws"],
  credentials: CredentialsSource,
): CallAws<BudgetCall> {
  return awsClient<BudgetCall>({
    region,
    endpoints: { budgets: serviceEndpoint({ region, endpoints }, "budgets") },
    credentials,
    send: sendHttp,
    clock: systemClock,
    random: Math.random,
  });
}
