import type { ObservedMachine } from "./machine.ts";

/** How far a machine is on its way to being online, and what to do where it is not. */
export interface Standing {
  /** `failed`: waiting will not help. */
  verdict: "online" | "coming" | "failed";
  /** What to do next, as a sentence; empty for a machine that is online. */
  nextStep: string;
}

const coming = (nextStep: string, anchor: string): Standing => standing("coming", nextStep, anchor);
const failed = (nextStep: string, anchor: string): Standing => standing("failed", nextStep, anchor);

const withoutDiskKey = failed(
  "EC2 could not attach its disk: whoever started it needs kms:CreateGrant on the disk's key.",
  "disk-key",
);

/** The code with which EC2 takes a start back after it has said yes to it. */
function failedToStart(stateReason: string): boolean {
  return stateReason.startsWith("Client.InternalError");
}

/**
 * Whether a machine is online, will be, or cannot be without help. An entry
 * that is online beats the machine's own report, which may be stale.
 */
export function standingOf({ instanceState, stateReason, report, entry }: ObservedMachine): Standing {
  switch (instanceState) {
    case "terminated":
    case "shutting-down":
      if (failedToStart(stateReason)) return withoutDiskKey;
      return failed("Raise the runner's generation to get another machine.", "machine-gone");
    case "stopped":
    case "stopping":
      if (failedToStart(stateReason)) return withoutDiskKey;
      return failed(
        "Find out why it powered off, then start it or raise the runner's generation.",
        "machine-stopped",
      );
    case "unknown":
      return coming("Check that the machine still exists in this account and region.", "machine-unknown");
    case "pending":
    case "running":
      break;
  }
  if (entry?.online) return { verdict: "online", nextStep: "" };
  if (report?.state === "boot-failed") {
    return failed("Correct what it names, then raise the runner's generation.", "boot-failed");
  }
  if (report?.state === "failed")
    return failed("Correct what it names, then reboot the machine.", "listener-failed");
  if (report?.state === "needs-token") {
    return coming(
      "Its registration token was used or has expired: `longhaul settle` gives it another.",
      "needs-token",
    );
  }
  if (!entry) return coming("Look at its console output for the step it is at.", "not-registered");
  return coming("Look at the agent's log on the machine.", "offline");
}

function standing(verdict: Standing["verdict"], nextStep: string, anchor: string): Standing {
  return { verdict, nextStep: `${nextStep} See docs/troubleshooting.md#${anchor}.` };
}
