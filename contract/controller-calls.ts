/**
 * Every AWS action that the controller calls. Its client accepts no other, and
 * tests compare its role with these lists. None of them stops or terminates a
 * machine.
 */
export const controllerCalls = [
  "dynamodb:Scan",
  "dynamodb:UpdateItem",
  "ec2:CreateTags",
  "ec2:DescribeInstances",
  "ec2:DescribeVolumes",
  "ec2:StartInstances",
  "ssm:GetParameters",
  "ssm:PutParameter",
] as const;

/** Additional actions where a GitHub App is configured: it reads the App's private key. */
export const sweepCalls = ["ssm:GetParameter"] as const;

/** Additional actions where there is a budget: it withdraws the denial that AWS's budget has applied. */
export const budgetCalls = [
  "budgets:DescribeBudget",
  "budgets:DescribeBudgetActionsForBudget",
  "budgets:ExecuteBudgetAction",
] as const;

export type BudgetCall = (typeof budgetCalls)[number];
export type ControllerCall = (typeof controllerCalls | typeof sweepCalls | typeof budgetCalls)[number];

/** IAM's name of the permission, for calls that IAM names differently. */
export const permissionNames: Readonly<Partial<Record<ControllerCall, string>>> = {
  "budgets:DescribeBudget": "budgets:ViewBudget",
};
