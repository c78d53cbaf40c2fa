/**
 * Every AWS action that the controller calls. Its client takes no other, and
 * the tests compare its role with this list. None of them stops or terminates
 * anything.
 */
export const controllerCalls = [
  "dynamodb:Scan",
  "dynamodb:UpdateItem",
  "ec2:DescribeInstances",
  "ec2:StartInstances",
  "ssm:GetParameters",
  "ssm:PutParameter",
] as const;
export type ControllerCall = (typeof controllerCalls)[number];
