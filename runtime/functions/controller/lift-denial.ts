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

/** Whether this call of the controller looks: AWS's own figures change a few times a day. */
export function looksAtDenial(now: number): boolean {
  return isTurn(2, now);
}

/**
 * What takes a denial back and has AWS watch again, a step for each look.
 * Nothing while AWS itself says that the budget is spent: the meter may be
 * wrong, and this is what stands behind it.
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
 * Takes back what AWS's budget has denied, once by AWS's own figures it is not
 * spent any more: the month has turned, or the limit was raised. Should AWS
 * have done so by itself, there is nothing left to take back.
 *
 * @returns a sentence for each thing that was done
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
      ? `AWS's budget ${name} is at ${figures.actual} of ${figures.limit} USD: its denial to start machines is taken back.`
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
