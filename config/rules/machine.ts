import { gp3 } from "../../contract/aws-limits.ts";
import { architectureOfInstanceType, unusableInstanceType } from "../instance-types.ts";
import type { Finding } from "../issues.ts";
import type { FleetRuleInput } from "./fleet-rule-input.ts";

/** The instance type, its architecture, and the disk. */
export function machineFindings(judged: FleetRuleInput): Finding[] {
  return [...instanceTypeFindings(judged), ...diskFindings(judged)];
}

function instanceTypeFindings({ fleet, path }: FleetRuleInput): Finding[] {
  const { instanceType, architecture } = fleet;
  const unusable = unusableInstanceType(instanceType);
  if (unusable !== undefined) {
    return [{ path: [...path, "instanceType"], message: `${instanceType} ${unusable}` }];
  }
  const actual = architectureOfInstanceType(instanceType);
  const because = [[...path, "instanceType"]];
  if (actual === undefined && architecture === undefined) {
    const message = `must be given, x64 or arm64: it cannot be told from the name ${instanceType}`;
    return [{ path: [...path, "architecture"], message, because }];
  }
  if (actual === undefined || architecture === undefined || actual === architecture) return [];
  const example = architecture === "x64" ? "m5.xlarge" : "m7g.xlarge";
  return [
    {
      path: [...path, "architecture"],
      message: `is ${architecture}, but ${instanceType} is an ${actual} machine; remove the key, or take a type such as ${example}`,
      because,
    },
  ];
}

function diskFindings({ fleet, path }: FleetRuleInput): Finding[] {
  const { sizeGb, iops, throughput } = fleet.disk;
  const findings: Finding[] = [];
  const mostIops = Math.max(gp3.baseIops, sizeGb * gp3.iopsPerGb);
  if (iops !== undefined && iops > mostIops) {
    findings.push({
      path: [...path, "disk", "iops"],
      message: `is ${iops}; a disk of ${sizeGb} GiB takes at most ${mostIops} (${gp3.iopsPerGb} for each GiB)`,
      because: [[...path, "disk", "sizeGb"]],
    });
  }
  const mostThroughput = (iops ?? gp3.baseIops) * gp3.throughputPerIops;
  if (throughput !== undefined && throughput > mostThroughput) {
    findings.push({
      path: [...path, "disk", "throughput"],
      message:
        `is ${throughput} MiB/s, which needs ${Math.ceil(throughput / gp3.throughputPerIops)} iops; ` +
        `${iops ?? gp3.baseIops} allow at most ${mostThroughput}`,
      because: [[...path, "disk", "iops"]],
    });
  }
  return findings;
}
