import { randomInt } from "node:crypto";
import type { Properties } from "../provider.ts";
import { EmulatedAwsError } from "./errors.ts";
import type { Cloud } from "./state.ts";

/** @throws AwsError InvalidSubnetID.NotFound */
export function subnetOf(cloud: Cloud, id: string): Properties {
  const subnet = cloud.data.resources["aws:ec2/subnet:Subnet"]?.[id];
  if (!subnet) throw new EmulatedAwsError("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
  return subnet;
}

/** The next free address of a subnet. AWS keeps the first four for itself. */
export function privateAddress(cloud: Cloud, subnet: Properties): string {
  const base = String(subnet.cidrBlock).split("/")[0]!.split(".").map(Number);
  const first = base.reduce((address, byte) => address * 256 + byte, 0) + 4;
  const taken = new Set(Object.values(cloud.data.instances).map(({ privateIp }) => privateIp));
  for (let address = first; ; address += 1) {
    const text = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
    if (!taken.has(text)) return text;
  }
}

/** An address of a block that is reserved for documentation. */
export function publicAddress(): string {
  return `203.0.113.${randomInt(1, 255)}`;
}
