import type { Finding } from "../issues.ts";
import type { JudgedFleet } from "./judged-fleet.ts";

/** The image is one of: an AMI, a parameter with the id of one, or Canonical's Ubuntu. */
export function imageFindings({ fleet, path }: JudgedFleet): Finding[] {
  const { ami, parameter, baked } = fleet.image;
  const at = (key: string) => [...path, "image", key];
  const findings: Finding[] = [];
  if (ami !== undefined && parameter !== undefined) {
    findings.push({
      path: at("ami"),
      message: `stands beside parameter (${parameter}), and only one of them can be the image; remove one`,
      because: [at("parameter")],
    });
  }
  if (parameter !== undefined && /windows|macos/i.test(parameter)) {
    findings.push({
      path: at("parameter"),
      message: `${parameter} names an image of ${/windows/i.test(parameter) ? "Windows" : "macOS"}; Longhaul's runners are Linux machines`,
    });
  }
  if (baked && ami === undefined && parameter === undefined) {
    findings.push({
      path: at("baked"),
      message:
        "is true, but the image is Canonical's Ubuntu, which does not bring everything a runner needs; name your own image with ami or parameter",
      because: [at("ami"), at("parameter")],
    });
  }
  return findings;
}
