import type { LiftRequest } from "../../contract/requests.ts";
import { describeActions, actionPhaseOf, takeSteps } from "../../runtime/functions/budget-actions.ts";
import type { BudgetAction } from "../../runtime/functions/budget-actions.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { NotFinished } from "../exit-codes.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";

/** AWS changes the roles in IAM one after the other, which takes seconds. */
const limitMs = 3 * 60_000;

/** Whether the action denies nothing. An action in an unknown phase counts as denying, so it is reversed. */
function isFree(action: BudgetAction): boolean {
  const phase = actionPhaseOf(action);
  return phase === "watched" || phase === "released";
}

/**
 * Reverses all that AWS's budget has denied, whatever was spent. The budget is
 * about to be deleted, and roles that outlive it would be denied for ever.
 *
 * @throws NotFinished when AWS does not finish in time; AwsError when AWS Budgets does not answer
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
      output.progress(`Waiting for AWS to reverse what the budget ${budget} has denied.`);
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  if (isDone) {
    output.say(`Budget ${budget} denies no role any more.`);
    return;
  }
  const states = left.map(({ id, status }) => `${id} is ${status}`).join(", ");
  throw new NotFinished(
    `After ${limitMs / 60_000} min, AWS's budget ${budget} still forbids roles to start machines: ${states}. Run it again later.`,
  );
}
