import { isObject } from "../../contract/json.ts";
import type { BudgetCall } from "../../contract/controller-calls.ts";
import type { ControllerConfiguration } from "../../contract/controller.ts";
import type { CallAws } from "../aws/client.ts";

/*
 * The actions of AWS's budget, which attach the denial and take it off: for the
 * controller, while the budget is there, and for `longhaul lift`, before it goes.
 */

/** Which budget, of which account. */
export type BudgetPlace = NonNullable<NonNullable<ControllerConfiguration["budget"]>["awsBudget"]>;

/** What AWS tells of the actions of a budget, as far as it matters. */
export interface BudgetAction {
  id: string;
  /** See {@link actionPhaseOf}. */
  status: string;
}

/**
 * Where an action is: `watched` it holds nothing, and AWS looks at the figures ·
 * `working` what comes of it is to be seen · `holding` what it denies is
 * attached, all of it or some · `released` it holds nothing, and AWS looks away
 * until a reset.
 */
export type ActionPhase = "watched" | "working" | "holding" | "released";

const phases: Readonly<Record<string, ActionPhase>> = {
  STANDBY: "watched",
  RESET_IN_PROGRESS: "watched",
  PENDING: "working",
  EXECUTION_IN_PROGRESS: "working",
  REVERSE_IN_PROGRESS: "working",
  EXECUTION_SUCCESS: "holding",
  EXECUTION_FAILURE: "holding",
  REVERSE_FAILURE: "holding",
  REVERSE_SUCCESS: "released",
  RESET_FAILURE: "released",
};

/** Undefined: a status that AWS has not documented yet. */
export function actionPhaseOf({ status }: Pick<BudgetAction, "status">): ActionPhase | undefined {
  return phases[status];
}

export interface ActionStep {
  id: string;
  step: "REVERSE_BUDGET_ACTION" | "RESET_BUDGET_ACTION";
}

/** How AWS's API names a budget. */
export function budgetNames({ account, name }: BudgetPlace) {
  return { AccountId: account, BudgetName: name };
}

/** The actions of a budget. @throws AwsError */
export async function describeActions(place: BudgetPlace, aws: CallAws<BudgetCall>): Promise<BudgetAction[]> {
  const answer = await aws("budgets:DescribeBudgetActionsForBudget", budgetNames(place));
  const actions = isObject(answer) && Array.isArray(answer.Actions) ? (answer.Actions as unknown[]) : [];
  return actions.flatMap((action) =>
    isObject(action) && typeof action.ActionId === "string" && typeof action.Status === "string"
      ? [{ id: action.ActionId, status: action.Status }]
      : [],
  );
}

/** @throws AwsError */
export async function takeSteps(
  steps: readonly ActionStep[],
  place: BudgetPlace,
  aws: CallAws<BudgetCall>,
): Promise<void> {
  for (const { id, step } of steps) {
    await aws("budgets:ExecuteBudgetAction", { ...budgetNames(place), ActionId: id, ExecutionType: step });
  }
}
