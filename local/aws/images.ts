import type { Distribution } from "../machines/distributions.ts";
import { EmulatedAwsError } from "./errors.ts";
import { resourceId } from "./ids.ts";
import type { Cloud, Instance } from "./state.ts";

/** Canonical's Ubuntu 24.04 and Amazon Linux 2023, as the public parameters name them. */
const images: Record<string, Image> = {
  "ami-0a10ca1c10ad24041": {
    architecture: "x86_64",
    parameter: ubuntuParameter("amd64"),
    createdAt: "2025-09-12T07:14:02.000Z",
    distribution: "ubuntu",
  },
  "ami-0a10ca1c10ad24042": {
    architecture: "arm64",
    parameter: ubuntuParameter("arm64"),
    createdAt: "2025-09-12T07:21:40.000Z",
    distribution: "ubuntu",
  },
  "ami-0a10ca1c10ad20231": {
    architecture: "x86_64",
    parameter: amazonParameter("x86_64"),
    createdAt: "2025-09-15T21:07:53.000Z",
    distribution: "amzn",
  },
  "ami-0a10ca1c10ad20232": {
    architecture: "arm64",
    parameter: amazonParameter("arm64"),
    createdAt: "2025-09-15T21:08:11.000Z",
    distribution: "amzn",
  },
};

interface Image {
  architecture: "x86_64" | "arm64";
  /** The public parameter that names the image. */
  parameter: string;
  /** ISO 8601 in UTC. */
  createdAt: string;
  distribution: Distribution;
}

function ubuntuParameter(architecture: string): string {
  return `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;
}

function amazonParameter(architecture: string): string {
  return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
}

/** The distribution of a new machine with this image. The user's own images are taken to be Ubuntu. */
export function imageDistribution(imageId: string): Distribution {
  return images[imageId]?.distribution ?? "ubuntu";
}

/** The value of a public parameter; undefined if the name is not a public parameter. */
export function publicParameter(name: string): string | undefined {
  return Object.entries(images).find(([, { parameter }]) => parameter === name)?.[0];
}

/** The images among the ids that are Canonical's or the account's own, as DescribeImages reports them. */
export function describeImages({ data }: Cloud, ids: readonly string[]) {
  const own = Object.entries(data.images).map(([id, { architecture, createdAt }]): [string, Image] => [
    id,
    { architecture, parameter: "", createdAt: new Date(createdAt).toISOString(), distribution: "ubuntu" },
  ]);
  return [...Object.entries(images), ...own]
    .filter(([id]) => ids.includes(id))
    .map(([imageId, { architecture, createdAt }]) => ({
      imageId,
      architecture,
      creationDate: createdAt,
      imageState: "available",
    }));
}

/**
 * Makes an image of an instance's disk immediately.
 *
 * @throws AwsError for a running machine without `NoReboot`: EC2 would reboot
 * it, and its job would be lost
 */
export async function createImage(
  { data, clock, host }: Cloud,
  instance: Instance,
  { name, noReboot }: { name: string; noReboot: boolean },
): Promise<string> {
  if (instance.state !== "stopped" && !(instance.state === "running" && noReboot)) {
    const text = `The local cloud makes images of stopped instances, and of running ones with NoReboot: '${instance.id}' is ${instance.state}.`;
    throw new EmulatedAwsError("IncorrectInstanceState", text);
  }
  const imageId = resourceId("ami");
  await host.capture(instance.id, imageId);
  data.images[imageId] = { name, architecture: instance.architecture, createdAt: clock.now() };
  return imageId;
}

/** An image's architecture, which must match the type's. The user's own images are taken to match. */
export function imageArchitecture(imageId: string, instanceType: string): "x86_64" | "arm64" {
  // Families with Graviton processors have a g after the generation: m7g, c6gd, t4g; a1 was the first.
  const architecture = /^([a-z]+\d+g|a1\.)/.test(instanceType) ? "arm64" : "x86_64";
  const image = images[imageId];
  if (image && image.architecture !== architecture) {
    const text = `The architecture '${architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI.`;
    throw new EmulatedAwsError("InvalidParameterValue", text);
  }
  return architecture;
}
