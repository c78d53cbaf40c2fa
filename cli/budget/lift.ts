import type { LiftRequest } from "../../contract/requests.ts";
import { describeActions, actionPhaseOf, takeSteps } from "../../runtime/functions/budget-actions.ts";
import type { BudgetAction } from "../../runtime/functions/budget-actions.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { NotFinished } from "../exit-codes.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";

/** IAM is told of each role in turn: AWS takes seconds for it. */
const limitMs = 3 * 60_000;

/** Whether nothing of it is left to take back. What is not known is taken back all the same. */
function isFree(action: BudgetAction): boolean {
  const phase = actionPhaseOf(action);
  return phase === "watched" || phase === "released";
}

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
  let left: BudgetAction[] = [];
  const isDone = await pollUntil(
    async () => {
      left = (await describeActions(place, aws.budgets)).filter((action) => !isFree(action));
      if (left.length === 0) return true;
      const ready = left.filter((action) => actionPhaseOf(action) !== "working");
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
