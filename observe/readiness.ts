import type { FailedStart } from "../contract/failed-starts.ts";
import type { ObservedMachine } from "./machine.ts";

/** How far a machine is from being online, and what to do if it will not be. */
export interface Readiness {
  /** `failed`: waiting will not help. */
  verdict: "online" | "coming" | "failed";
  /** What to do next, as a sentence; empty for a machine that is online. */
  nextStep: string;
}

const coming = (nextStep: string, anchor: string): Readiness => standing("coming", nextStep, anchor);
const failed = (nextStep: string, anchor: string): Readiness => standing("failed", nextStep, anchor);

const withoutDiskKey = failed(
  "EC2 could not attach its disk: whoever started it needs kms:CreateGrant on the disk's key.",
  "disk-key",
);

/** What to do when EC2 accepted a start and did not carry it out. */
function ofFailedStart({ why }: FailedStart): Readiness {
  if (why.startsWith("Client.InternalError")) return withoutDiskKey;
  return failed(
    "EC2 agreed to start it and did not: correct what it names, or wait until EC2 can.",
    "machine-not-started",
  );
}

/**
 * Whether a machine is online, will be, or needs help. An entry that is online
 * beats the machine's own report, which may be out of date.
 */
export function readinessOf({ instanceState, failedStart, report, entry }: ObservedMachine): Readiness {
  switch (instanceState) {
    case "terminated":
    case "shutting-down":
      if (failedStart) return ofFailedStart(failedStart);
      return failed("Raise the runner's generation to get another machine.", "machine-gone");
    case "stopped":
    case "stopping":
      if (failedStart) return ofFailedStart(failedStart);
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

function standing(verdict: Readiness["verdict"], nextStep: string, anchor: string): Readiness {
  return { verdict, nextStep: `${nextStep} See docs/troubleshooting.md#${anchor}.` };
}
