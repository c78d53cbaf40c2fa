import * as z from "zod";
import { defaults } from "../defaults.ts";
import { limits } from "../limits.ts";
import { httpUrl } from "../urls.ts";
import { text } from "./text.ts";

const proxySchema = z.strictObject({
  http: httpUrl.optional().describe("Proxy for http."),
  https: httpUrl.optional().describe("Proxy for https."),
  noProxy: z.array(z.string().min(1)).default([]).describe("Hosts and networks that are reached directly."),
});

export const networkSchema = z
  .strictObject({
    cidr: z
      .cidrv4("must be an IPv4 network, for example 10.42.0.0/16")
      .meta({ examples: ["10.42.0.0/16"] })
      .default(defaults.cidr)
      .describe("Address range of the VPC that the stack makes: public subnets in two zones, no NAT."),
    zones: z
      .array(text(/^[a-z]{2,4}(-[a-z0-9]+)+[a-z]$/, "an availability zone", "eu-central-1a"))
      .min(1)
      .max(limits.zones)
      .optional()
      .describe(
        "Zones of the subnets in that VPC; machines are spread over them. Each must offer the instance types of all fleets. A changed list makes another network, to which the machines move. Default: the first two, by name, that offer all of these types when the network is made.",
      ),
    vpcId: text(/^vpc-[0-9a-f]+$/, "a VPC id", "vpc-0123456789abcdef0")
      .optional()
      .describe(
        "A VPC of yours, together with `subnetIds`. The stack then makes only a security group in it.",
      ),
    subnetIds: z
      .array(text(/^subnet-[0-9a-f]+$/, "a subnet id", "subnet-0123456789abcdef0"))
      .min(1)
      .optional()
      .describe(
        "Subnets of yours; machines are spread over them. The subnet decides whether a machine gets a public address.",
      ),
    proxy: proxySchema.optional().describe("Proxy for the agent, the package manager, Docker and the jobs."),
    caBundle: z
      .string()
      .includes("-----BEGIN CERTIFICATE-----", "must be PEM text with at least one certificate")
      .optional()
      .describe("Additional certificates to trust, as PEM text, for the same programs as the proxy."),
  })
  .describe("The network of the machines.");
