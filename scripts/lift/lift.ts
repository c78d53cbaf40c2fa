import type { LiftRequest } from "../../contract/requests.ts";
import { describeActions, takeSteps } from "../../runtime/functions/controller/lift-denial.ts";
import type { BudgetAction } from "../../runtime/functions/controller/lift-denial.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { NotFinished } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { pollUntil } from "../poll.ts";

/** IAM is told of each role in turn: AWS takes seconds for it. */
const limitMs = 3 * 60_000;

/** States in which an action holds nothing. */
const free = ["STANDBY", "REVERSE_SUCCESS", "RESET_IN_PROGRESS", "RESET_FAILURE"];
/** States in which AWS is at work: what comes of it is to be seen. */
const busy = ["PENDING", "EXECUTION_IN_PROGRESS", "REVERSE_IN_PROGRESS"];

/**
 * Takes back what AWS's budget has denied, whatever its figures: the budget is
 * about to go, and roles that stay would be denied for good.
 *
 * @throws NotFinished when AWS is not through in time; AwsError when AWS Budgets does not answer
 */
export async function lift(
  { aws, clock, output }: { aws: Pick<Aws, "budgets">; clock: Clock; output: Output },
  { target, budget }: LiftRequest,
): Promise<void> {
  const place = { account: target.aws.account, name: budget };
  const held = (actions: readonly BudgetAction[]) => actions.filter(({ status }) => !free.includes(status));
  let left: BudgetAction[] = [];
  const isDone = await pollUntil(
    async () => {
      left = held(await describeActions(place, aws.budgets));
      if (left.length === 0) return true;
      const ready = left.filter(({ status }) => !busy.includes(status));
      await takeSteps(
        ready.map(({ id }) => ({ id, step: "REVERSE_BUDGET_ACTION" as const })),
        place,
        aws.budgets,
      );
      output.progress(`Waiting for AWS to take back what the budget ${budget} has denied.`);
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  if (isDone) {
    output.say(`The budget ${budget} denies nobody anything.`);
    return;
  }
  const states = left.map(({ id, status }) => `${id} is ${status}`).join(", ");
  throw new NotFinished(
    `After ${limitMs / 60_000} min, AWS's budget ${budget} still denies roles to start machines: ${states}. Run it again later.`,
  );
}
