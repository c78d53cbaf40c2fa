import { isObject } from "../../contract/json.ts";
import { repeated } from "./repeated.ts";
import type { Finding } from "../issues.ts";
import { limits } from "../limits.ts";
import type { NetworkConfiguration } from "../schema.ts";

/** Either a VPC of the stack's own, or existing subnets. */
export function networkFindings(network: NetworkConfiguration, written: unknown, region: string): Finding[] {
  return [
    ...subnetFindings(network, written),
    ...cidrFindings(network),
    ...zoneFindings(network, region),
    ...proxyFindings(network),
    ...certificateFindings(network),
  ];
}

function subnetFindings({ vpcId, subnetIds, cidr }: NetworkConfiguration, written: unknown): Finding[] {
  const findings: Finding[] = [];
  if (vpcId !== undefined && subnetIds === undefined) {
    const message = `is missing: with vpcId (${vpcId}) name the subnets the machines go into, or remove vpcId`;
    findings.push({ path: ["network", "subnetIds"], message, because: [["network", "vpcId"]] });
  }
  if (vpcId === undefined && subnetIds !== undefined) {
    const message = "is missing: with subnetIds name the VPC they are in, or remove subnetIds";
    findings.push({ path: ["network", "vpcId"], message, because: [["network", "subnetIds"]] });
  }
  if (subnetIds !== undefined && isWritten(written, "cidr")) {
    const message = `is the range of a VPC that the stack would make (${cidr}), but subnetIds says to use yours; remove one of the two`;
    findings.push({ path: ["network", "cidr"], message, because: [["network", "subnetIds"]] });
  }
  for (const index of repeated(subnetIds ?? [])) {
    const message = `${subnetIds![index]!} is there already; remove one`;
    findings.push({ path: ["network", "subnetIds", index], message });
  }
  return findings;
}

/** The stack cuts a VPC into quarters, and EC2 accepts VPCs from /16 and subnets down to /28. */
function cidrFindings({ cidr }: NetworkConfiguration): Finding[] {
  const [address, length] = cidr.split("/") as [string, string];
  const prefix = Number(length);
  const path = ["network", "cidr"];
  if (prefix < limits.widestNetwork || prefix > limits.narrowestNetwork) {
    return [
      {
        path,
        message: `must be a network of /${limits.widestNetwork} to /${limits.narrowestNetwork} (a VPC that is cut into subnets); it is ${cidr}`,
      },
    ];
  }
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = number - (number % 2 ** (32 - prefix));
  if (first === number) return [];
  const right = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
  return [{ path, message: `must be a network's first address, ${right}/${prefix}; it is ${cidr}` }];
}

function zoneFindings({ zones = [], subnetIds }: NetworkConfiguration, region: string): Finding[] {
  const path = ["network", "zones"];
  if (zones.length > 0 && subnetIds !== undefined) {
    const message =
      "is for subnets that the stack would make, but subnetIds says to use yours; remove one of the two";
    return [{ path, message, because: [["network", "subnetIds"]] }];
  }
  const again = repeated(zones);
  return zones.flatMap((zone, index): Finding[] => {
    const here = [...path, index];
    if (again.includes(index)) return [{ path: here, message: `${zone} is there already; remove one` }];
    if (zone.startsWith(region)) return [];
    const message = `${zone} is not in ${region}; name a zone of that region, for example ${region}a`;
    return [{ path: here, message, because: [["aws", "region"]] }];
  });
}

function proxyFindings({ proxy }: NetworkConfiguration): Finding[] {
  if (!proxy || proxy.http !== undefined || proxy.https !== undefined) return [];
  return [
    {
      path: ["network", "proxy"],
      message: "names no proxy; set http, https or both, or remove it",
      because: [
        ["network", "proxy", "http"],
        ["network", "proxy", "https"],
      ],
    },
  ];
}

function certificateFindings({ caBundle }: NetworkConfiguration): Finding[] {
  if (!caBundle?.includes("PRIVATE KEY-----")) return [];
  const message =
    "contains a private key, which would stand in user data that every job can read; give the certificates alone, and replace that key";
  return [{ path: ["network", "caBundle"], message }];
}

function isWritten(written: unknown, key: string): boolean {
  return isObject(written) && isObject(written.network) && key in written.network;
}
