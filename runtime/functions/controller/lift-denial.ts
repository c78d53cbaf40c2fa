import { isObject } from "../../../contract/json.ts";
import type { BudgetCall } from "../../../contract/controller-calls.ts";
import type { CallAws } from "../../aws/client.ts";
import { budgetNames, describeActions, actionPhaseOf, takeSteps } from "../budget-actions.ts";
import type { ActionStep, BudgetAction, BudgetPlace } from "../budget-actions.ts";
import { isTurn } from "./turns.ts";

/** US dollars of the month by AWS's figures, 8 to 12 hours late. */
export interface BudgetFigures {
  limit: number;
  actual: number;
}

/** Whether this call of the controller asks: AWS's own figures change a few times a day. */
export function looksAtDenial(now: number): boolean {
  return isTurn(2, now);
}

/**
 * The action that withdraws a denial and makes AWS watch again, one step for
 * each call. None while AWS itself says that the budget is spent: the meter may
 * be wrong, and AWS's budget is the safeguard behind it.
 */
export function liftSteps(actions: readonly BudgetAction[], { limit, actual }: BudgetFigures): ActionStep[] {
  if (!(actual < limit)) return [];
  return actions.flatMap((action): ActionStep[] => {
    const phase = actionPhaseOf(action);
    if (phase === "holding") return [{ id: action.id, step: "REVERSE_BUDGET_ACTION" }];
    return phase === "released" ? [{ id: action.id, step: "RESET_BUDGET_ACTION" }] : [];
  });
}

/**
 * Withdraws the denial that AWS's budget has applied, once the budget is no
 * longer spent by AWS's own figures: the month has turned, or the limit was
 * raised. If AWS has withdrawn it by itself, nothing is left to do.
 *
 * @returns a sentence for each step that was taken
 * @throws AwsError when AWS Budgets does not answer
 */
export async function liftDenial(place: BudgetPlace, aws: CallAws<BudgetCall>): Promise<string[]> {
  const { name } = place;
  const actions = await describeActions(place, aws);
  if (actions.every(({ status }) => status === "STANDBY")) return [];
  const figures = readFigures(await aws("budgets:DescribeBudget", budgetNames(place)));
  if (!figures) return [];
  const steps = liftSteps(actions, figures);
  await takeSteps(steps, place, aws);
  return steps.map(({ step }) =>
    step === "REVERSE_BUDGET_ACTION"
      ? `AWS's budget ${name} is at ${figures.actual} of ${figures.limit} USD: its denial to start machines is withdrawn.`
      : `AWS's budget ${name} is watched again.`,
  );
}

/** Undefined: AWS has no figures yet. */
function readFigures(answer: unknown): BudgetFigures | undefined {
  const budget = isObject(answer) && isObject(answer.Budget) ? answer.Budget : {};
  const spend = isObject(budget.CalculatedSpend) ? budget.CalculatedSpend : {};
  const [limit, actual] = [budget.BudgetLimit, spend.ActualSpend].map((money) =>
    isObject(money) ? Number(money.Amount) : NaN,
  ) as [number, number];
  return Number.isNaN(limit) || Number.isNaN(actual) ? undefined : { limit, actual };
}
