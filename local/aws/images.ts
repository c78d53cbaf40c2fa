import { AwsError } from "./errors.ts";

/** Canonical's Ubuntu 24.04, as the public parameters name it. */
const images: Record<string, Image> = {
  "ami-0a10ca1c10ad24041": {
    architecture: "x86_64",
    parameter: ubuntuParameter("amd64"),
    createdAt: "2025-09-12T07:14:02.000Z",
  },
  "ami-0a10ca1c10ad24042": {
    architecture: "arm64",
    parameter: ubuntuParameter("arm64"),
    createdAt: "2025-09-12T07:21:40.000Z",
  },
};

interface Image {
  architecture: "x86_64" | "arm64";
  /** The public parameter that names it. */
  parameter: string;
  /** ISO 8601 in UTC. */
  createdAt: string;
}

function ubuntuParameter(architecture: string): string {
  return `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;
}

/** Value of a public parameter, undefined for a name that is none. */
export function publicParameter(name: string): string | undefined {
  return Object.entries(images).find(([, { parameter }]) => parameter === name)?.[0];
}

/** Those images of Canonical's that are among the ids, as DescribeImages tells them. */
export function describeImages(ids: readonly string[]) {
  return Object.entries(images)
    .filter(([id]) => ids.includes(id))
    .map(([imageId, { architecture, createdAt }]) => ({
      imageId,
      architecture,
      creationDate: createdAt,
      imageState: "available",
    }));
}

/** An image's architecture, which must be the type's; images of the user's own are taken to fit. */
export function imageArchitecture(imageId: string, instanceType: string): "x86_64" | "arm64" {
  // Families with Graviton processors have a g after the generation: m7g, c6gd, t4g; a1 was the first.
  const architecture = /^([a-z]+\d+g|a1\.)/.test(instanceType) ? "arm64" : "x86_64";
  const image = images[imageId];
  if (image && image.architecture !== architecture) {
    const text = `The architecture '${architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI.`;
    throw new AwsError("InvalidParameterValue", text);
  }
  return architecture;
}
