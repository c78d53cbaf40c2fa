import { parseMachineName } from "../../contract/names.ts";
import type { Finding } from "../issues.ts";
import { limits } from "../limits.ts";
import type { FleetRuleInput } from "./fleet-rule-input.ts";

/** What GitHub's runners give themselves, by system and architecture. Labels ignore case. */
const systemLabels = new Set(["self-hosted", "linux", "windows", "macos", "x64", "x86", "arm", "arm64"]);

/**
 * Labels of GitHub's own runners, of all sizes: `ubuntu-24.04-arm`, `ubuntu-latest-8-cores`,
 * `windows-2025`, `macos-15-xlarge`. A label such as `ubuntu-gpu` is not one of them.
 *
 * @see https://docs.github.com/actions/reference/runners/github-hosted-runners
 */
const hostedLabel = /^(ubuntu-(latest|slim|\d)|windows-|macos-)/i;

/** Labels are what workflows ask for: GitHub must accept each, and none may be reserved. */
export function labelFindings({ fleet, path }: FleetRuleInput): Finding[] {
  const { labels } = fleet;
  const whole = [...path, "labels"];
  if (labels.length === 0) {
    return [
      {
        path: whole,
        message:
          "must name at least one label: it is what workflows ask for, and a machine gets it only when it is proven",
      },
    ];
  }
  const findings: Finding[] = labels.flatMap((label, index) => {
    const message = refusal(label, labels.slice(0, index));
    return message === undefined ? [] : [{ path: [...whole, index], message }];
  });
  if (labels.length > limits.labelsPerFleet) {
    const message = `has ${labels.length} labels; a machine takes ${limits.labelsPerFleet} beside its own and the three that every machine gets`;
    findings.push({ path: whole, message });
  }
  return findings;
}

function refusal(label: string, earlier: readonly string[]): string | undefined {
  if (label.trim() === "") return "is empty; remove it or give the label a name";
  if (label.includes(",")) {
    return `"${label}" has a comma, which separates labels; write ${label
      .split(",")
      .map((part) => `"${part.trim()}"`)
      .join(" and ")} as entries of their own`;
  }
  if (/\s/.test(label)) return `"${label}" has white space; write it with a hyphen instead`;
  if (label.length > limits.labelLength) {
    return `has ${label.length} characters; a label has at most ${limits.labelLength}`;
  }
  if (!/^[\w.:/=+@-]+$/.test(label)) {
    return `"${label}" has characters that labels should not have; letters, digits and _ . - : / = + @ are safe`;
  }
  if (systemLabels.has(label.toLowerCase())) {
    return `"${label}" is a label that GitHub gives by itself (or a system that these machines are not); remove it`;
  }
  if (hostedLabel.test(label)) {
    return `"${label}" looks like a runner that GitHub hosts: jobs that ask for one would run on these machines; take another`;
  }
  if (parseMachineName(label.toLowerCase())) {
    return `"${label}" looks like the name of a machine, which Longhaul uses as that machine's own label; take another`;
  }
  const repeated = earlier.find((other) => other.toLowerCase() === label.toLowerCase());
  if (repeated === undefined) return undefined;
  return `"${label}" is there already${repeated === label ? "" : ` as "${repeated}", and GitHub ignores case`}; remove one`;
}
