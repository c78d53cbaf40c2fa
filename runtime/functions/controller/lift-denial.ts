import { isObject } from "../../../contract/json.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import type { BudgetCall } from "../../../contract/controller-calls.ts";
import type { CallAws } from "../../aws/client.ts";

/** Milliseconds between two looks: AWS's own figures change a few times a day. */
const everyMs = 5 * 60_000;

/** What AWS tells of the actions of a budget, as far as it matters. */
export interface BudgetAction {
  id: string;
  /** See {@link nextSteps}; in any other state AWS watches, or is at work. */
  status: string;
}

/** US dollars of the month by AWS's figures, 8 to 12 hours late. */
export interface BudgetFigures {
  limit: number;
  actual: number;
}

export interface LiftStep {
  id: string;
  step: "REVERSE_BUDGET_ACTION" | "RESET_BUDGET_ACTION";
}

/**
 * How an action comes back to where AWS watches: what is attached, all of it
 * or some, is taken off; after that AWS looks away until a reset.
 */
const nextSteps: Readonly<Record<string, LiftStep["step"]>> = {
  EXECUTION_SUCCESS: "REVERSE_BUDGET_ACTION",
  EXECUTION_FAILURE: "REVERSE_BUDGET_ACTION",
  REVERSE_FAILURE: "REVERSE_BUDGET_ACTION",
  REVERSE_SUCCESS: "RESET_BUDGET_ACTION",
  RESET_FAILURE: "RESET_BUDGET_ACTION",
};

/** Whether this call of the controller looks: in another minute than the sweep, which may take long as well. */
export function looksAtDenial(now: number): boolean {
  return Math.floor(now / 60_000) % (everyMs / 60_000) === 2;
}

/**
 * What takes a denial back and has AWS watch again, a step for each look.
 * Nothing while AWS itself says that the budget is spent: the meter may be
 * wrong, and this is what stands behind it.
 */
export function liftSteps(actions: readonly BudgetAction[], { limit, actual }: BudgetFigures): LiftStep[] {
  if (!(actual < limit)) return [];
  return actions.flatMap(({ id, status }) => {
    const step = nextSteps[status];
    return step ? [{ id, step }] : [];
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
export async function liftDenial(
  { account, name }: BudgetPlace,
  aws: CallAws<BudgetCall>,
): Promise<string[]> {
  const budget = { AccountId: account, BudgetName: name };
  const actions = await describeActions({ account, name }, aws);
  if (actions.every(({ status }) => status === "STANDBY")) return [];
  const figures = readFigures(await aws("budgets:DescribeBudget", budget));
  if (!figures) return [];
  const steps = liftSteps(actions, figures);
  await takeSteps(steps, { account, name }, aws);
  return steps.map(({ step }) =>
    step === "REVERSE_BUDGET_ACTION"
      ? `AWS's budget ${name} is at ${figures.actual} of ${figures.limit} USD: its denial to start machines is taken back.`
      : `AWS's budget ${name} is watched again.`,
  );
}

/** Which budget, of which account. */
export type BudgetPlace = Pick<NonNullable<ControllerConfiguration["budget"]>, "account" | "name">;

/** The actions of a budget. @throws AwsError */
export async function describeActions(
  { account, name }: BudgetPlace,
  aws: CallAws<BudgetCall>,
): Promise<BudgetAction[]> {
  const budget = { AccountId: account, BudgetName: name };
  return readActions(await aws("budgets:DescribeBudgetActionsForBudget", budget));
}

/** @throws AwsError */
export async function takeSteps(
  steps: readonly LiftStep[],
  { account, name }: BudgetPlace,
  aws: CallAws<BudgetCall>,
): Promise<void> {
  for (const { id, step } of steps) {
    const input = { AccountId: account, BudgetName: name, ActionId: id, ExecutionType: step };
    await aws("budgets:ExecuteBudgetAction", input);
  }
}

function readActions(answer: unknown): BudgetAction[] {
  const actions = isObject(answer) && Array.isArray(answer.Actions) ? (answer.Actions as unknown[]) : [];
  return actions.flatMap((action) =>
    isObject(action) && typeof action.ActionId === "string" && typeof action.Status === "string"
      ? [{ id: action.ActionId, status: action.Status }]
      : [],
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
