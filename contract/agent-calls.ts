/**
 * Every AWS action that a machine calls, agent and boot script together. The
 * client on the machine takes no other, and the tests compare the machine's
 * role with this list, so that a permission nobody uses and a call nobody may
 * make are both found.
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
