import { randomBytes } from "node:crypto";

/** A resource id as EC2 makes it: `vpc-0` and 16 hexadecimal digits. */
export function resourceId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** `AKIA…` for a user's key, `ASIA…` for a temporary one, `AROA…` for a role: the prefix and 16 letters or digits. */
export function principalId(prefix: "AKIA" | "ASIA" | "AROA" | "AIPA"): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return prefix + [...randomBytes(16)].map((byte) => alphabet[byte % 32]!).join("");
}

export function secret(): string {
  return randomBytes(30).toString("base64");
}
