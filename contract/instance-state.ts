/** EC2's states of a machine. */
export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

/** True if the machine has been terminated, or is about to be and cannot come back. */
export function isGone(state: string | undefined): boolean {
  return state === "shutting-down" || state === "terminated";
}
