import { defaultDistribution } from "../defaults.ts";
import type { Finding } from "../issues.ts";
import type { FleetRuleInput } from "./fleet-rule-input.ts";

/** Systems that a public parameter reveals by its name, and why no machine can be made of them. */
const unusable: readonly [name: RegExp, why: string][] = [
  [/windows/i, "names an image of Windows; Longhaul's runners are Linux machines"],
  [/macos/i, "names an image of macOS; Longhaul's runners are Linux machines"],
  [/bottlerocket/i, "names an image of Bottlerocket, which runs no user data; take another distribution"],
  [
    /amzn2?-ami|amazon-linux-2(?!023)/i,
    "names an image of Amazon Linux 2. Its systemd and C library are too old for the runner; set image.distribution to amazon-linux-2023 instead",
  ],
];

/** The image is exactly one of: a distribution's, an AMI, a parameter with the id of one. */
export function imageFindings({ fleet, path }: FleetRuleInput): Finding[] {
  const { distribution, ami, parameter, baked } = fleet.image;
  const at = (key: string) => [...path, "image", key];
  const findings: Finding[] = [];
  const given = Object.entries({ ami, parameter, distribution }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const [[first], ...others] = given as [[string, string], ...[string, string][]];
    findings.push({
      path: at(first),
      message: `stands beside ${others.map(([key, value]) => `${key} (${value})`).join(" and ")}, and only one of them can be the image; remove the others`,
      because: others.map(([key]) => at(key)),
    });
  }
  const reason = unusable.find(([name]) => parameter !== undefined && name.test(parameter))?.[1];
  if (reason !== undefined) findings.push({ path: at("parameter"), message: `${parameter} ${reason}` });
  if (baked && ami === undefined && parameter === undefined) {
    findings.push({
      path: at("baked"),
      message: `is true, but the image is ${distribution ?? defaultDistribution} as it is published, which does not bring everything a runner needs; name your own image with ami or parameter`,
      because: [at("ami"), at("parameter")],
    });
  }
  return findings;
}
