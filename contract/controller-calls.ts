/**
 * Every AWS action that the controller calls. Its client takes no other, and
 * the tests compare its role with this list. None of them stops or terminates
 * anything.
 */
export const controllerCalls = [
  "budgets:DescribeBudget",
  "budgets:DescribeBudgetActionsForBudget",
  "budgets:ExecuteBudgetAction",
  "dynamodb:Scan",
  "dynamodb:UpdateItem",
  "ec2:DescribeInstances",
  "ec2:StartInstances",
  "ssm:GetParameters",
  "ssm:PutParameter",
] as const;
export type ControllerCall = (typeof controllerCalls)[number];

/** What IAM calls the permission for a call that has another name there. */
export const permissionNames: Readonly<Partial<Record<ControllerCall, string>>> = {
  "budgets:DescribeBudget": "budgets:ViewBudget",
};
