/**
 * Every AWS action that the controller calls. Its client takes no other, and
 * the tests compare its role with these lists. None of them stops or terminates
 * anything.
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

/** What it calls besides where a GitHub App is configured: it reads the App's private key, and nothing else. */
export const sweepCalls = ["ssm:GetParameter"] as const;

/** What it calls besides where there is a budget: it takes back what AWS's budget has denied. */
export const budgetCalls = [
  "budgets:DescribeBudget",
  "budgets:DescribeBudgetActionsForBudget",
  "budgets:ExecuteBudgetAction",
] as const;

export type BudgetCall = (typeof budgetCalls)[number];
export type ControllerCall = (typeof controllerCalls | typeof sweepCalls | typeof budgetCalls)[number];

/** What IAM calls the permission for a call that has another name there. */
export const permissionNames: Readonly<Partial<Record<ControllerCall, string>>> = {
  "budgets:DescribeBudget": "budgets:ViewBudget",
};
