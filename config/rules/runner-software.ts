import { knownChecksums } from "../defaults.ts";
import { architectureOfInstanceType } from "../instance-types.ts";
import type { Finding } from "../issues.ts";
import { limits } from "../limits.ts";
import { isOlder } from "../runner-versions.ts";
import type { FleetRuleInput } from "./fleet-rule-input.ts";

/** The runner's version is one that GitHub registers, and its checksum is at hand. */
export function runnerSoftwareFindings({ fleet, path }: FleetRuleInput): Finding[] {
  const { version, sha256, url } = fleet.runner;
  const at = (key: string) => [...path, "runner", key];
  if (isOlder(version, limits.oldestRunnerVersion)) {
    const message = `is ${version}; GitHub refuses versions below ${limits.oldestRunnerVersion}`;
    return [{ path: at("version"), message }];
  }
  const known = knownChecksums[version];
  if (!known && sha256 === undefined) {
    return [
      {
        path: at("sha256"),
        message: `is missing: the checksum of ${version} is not known here (known: ${Object.keys(knownChecksums).join(", ")}); the release notes of actions/runner carry it`,
        because: [at("version")],
      },
    ];
  }
  const architecture = fleet.architecture ?? architectureOfInstanceType(fleet.instanceType);
  if (!known || !architecture || sha256 === undefined || url !== undefined) return [];
  if (sha256 === known[architecture]) return [];
  return [
    {
      path: at("sha256"),
      message: `is not the checksum of GitHub's tarball of ${version} for ${architecture}, which is ${known[architecture]}; remove the key, or say with url where your own tarball is`,
      because: [at("version"), at("url"), [...path, "architecture"], [...path, "instanceType"]],
    },
  ];
}
