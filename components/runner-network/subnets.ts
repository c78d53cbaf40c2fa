import { Failure } from "../../contract/failure.ts";
import { limits } from "../../config/limits.ts";

const { widestNetwork: widest, narrowestNetwork: narrowest } = limits;

/**
 * The first quarters of a network, one for each zone.
 *
 * @param cidr the network, for example `10.42.0.0/16`
 * @param zones how many, four at most
 * @throws when the network is not aligned or cannot hold the subnets
 */
export function subnetCidrs(cidr: string, zones: number): string[] {
  const [address, length] = cidr.split("/") as [string, string];
  const prefix = Number(length);
  if (prefix < widest || prefix > narrowest) {
    throw new Failure(
      `The network ${cidr} cannot be a VPC that is cut into quarters: ` +
        `set network.cidr to one between /${widest} and /${narrowest}.`,
    );
  }
  const start = toNumber(address);
  const size = 2 ** (32 - prefix);
  if (start % size !== 0) {
    throw new Failure(
      `${address} is not the first address of a /${prefix}: ` +
        `set network.cidr to ${toAddress(start - (start % size))}/${prefix}.`,
    );
  }
  return Array.from({ length: zones }, (_, zone) => {
    return `${toAddress(start + (zone * size) / 4)}/${prefix + 2}`;
  });
}

function toNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}
