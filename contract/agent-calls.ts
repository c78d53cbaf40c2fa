/**
 * Every AWS action that a machine calls, by its agent or its boot script. The
 * client on the machine accepts no other, and tests compare the machine's role
 * with this list. So neither an unused permission nor a call without one stays
 * unnoticed.
 */
export const agentCalls = [
  "cloudwatch:PutMetricData",
  "ec2:CreateTags",
  "ec2:ModifyInstanceAttribute",
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:PutParameter",
] as const;
export type AgentCall = (typeof agentCalls)[number];
