import { gp3 } from "../../contract/aws-limits.ts";
import * as z from "zod";
import { defaultDistribution, defaults, imageParameters } from "../defaults.ts";
import { httpUrl } from "../urls.ts";
import { text } from "./text.ts";

export const imageSchema = z
  .strictObject({
    distribution: z
      .enum(Object.keys(imageParameters) as [keyof typeof imageParameters])
      .optional()
      .describe(
        `The current image of a distribution, for the architecture. Default: \`${defaultDistribution}\`. Amazon Linux 2023 has [never been tried](images.md#amazon-linux-2023).`,
      ),
    parameter: text(/^\/[\w./-]+$/, "the name of an SSM parameter, with a slash in front", "/images/runner")
      .optional()
      .describe("SSM parameter that holds the AMI id, instead of `distribution`."),
    ami: text(/^ami-[0-9a-f]+$/, "an AMI id", "ami-0123456789abcdef0")
      .optional()
      .describe("AMI id, instead of `distribution` or `parameter`."),
    user: text(/^[a-z_][a-z0-9_-]{0,31}$/, "a Linux user name", "runner")
      .refine((user) => user !== "root", "must not be root: the runner refuses to run as root")
      .default(defaults.user)
      .describe(
        "The unprivileged user that runs jobs. The first boot creates it if the image does not have it.",
      ),
    baked: z
      .boolean()
      .default(false)
      .describe("Whether the image contains every package, so that nothing is installed at boot."),
  })
  .describe("The machine image.");

export const diskSchema = z
  .strictObject({
    sizeGb: z.int().min(20).max(gp3.maxGb).default(defaults.diskGb).describe("Size in GiB."),
    iops: z
      .int()
      .min(gp3.baseIops)
      .max(gp3.maxIops)
      .optional()
      .describe(
        `gp3 operations per second, at most ${gp3.iopsPerGb} for each GiB. Default: EC2's, ${gp3.baseIops}.`,
      ),
    throughput: z
      .int()
      .min(gp3.baseThroughput)
      .max(gp3.maxThroughput)
      .optional()
      .describe(
        `gp3 throughput in MiB/s, at most ${gp3.throughputPerIops} for each of iops. Default: EC2's, ${gp3.baseThroughput}.`,
      ),
  })
  .describe("The root disk: gp3, encrypted.");

export const runnerSoftwareSchema = z
  .strictObject({
    version: text(/^\d+\.\d+\.\d+$/, "a version", "2.338.0")
      .default(defaults.runnerVersion)
      .describe("Version of actions/runner."),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be the 64 lower-case hexadecimal digits of a SHA-256")
      .optional()
      .describe(
        "SHA-256 of the tarball, 64 hexadecimal digits. Needed for versions that Longhaul does not know (the release notes of actions/runner have it).",
      ),
    url: httpUrl.optional().describe("Where the tarball is. Default: GitHub's release."),
    selfUpdate: z
      .boolean()
      .default(true)
      .describe(
        "Whether the runner may update itself. With false, raise `version` within 30 days of each release: GitHub gives older versions no jobs, and a rotation installs the same version again. `up`, `status` and `settle` [say when](troubleshooting.md#runner-version).",
      ),
  })
  .describe("The runner software.");
