import { isObject } from "../../contract/json.ts";
import type { BudgetCall } from "../../contract/controller-calls.ts";
import type { ControllerConfiguration } from "../../contract/controller.ts";
import type { CallAws } from "../aws/client.ts";

/*
 * The actions of AWS's budget, which attach the denial and withdraw it. The
 * controller uses them while the budget exists, and `longhaul lift` before the
 * budget is removed.
 */

/** A budget and its account. */
export type BudgetPlace = NonNullable<NonNullable<ControllerConfiguration["budget"]>["awsBudget"]>;

/** The fields that are read of a budget's action. */
export interface BudgetAction {
  id: string;
  /** See {@link actionPhaseOf}. */
  status: string;
}

/**
 * The phase of an action:
 * `watched`: nothing is attached, and AWS compares the costs with the limit ·
 * `working`: AWS is carrying out a step, and the result is not known yet ·
 * `holding`: the denial is attached, to all roles or to some ·
 * `released`: nothing is attached, and AWS does not watch until a reset.
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
