import { number, optionalText } from "./input.ts";
import type { Input } from "./input.ts";
import type { Cloud, Instance, Volume } from "./state.ts";

export const volumeType = "aws:ec2/volume:Volume";

interface DescribedVolume extends Partial<Volume> {
  volumeId: string;
  createTime: Date;
  tags: Readonly<Record<string, string>>;
  /** Id of the instance that the volume is attached to. */
  attachedTo?: string;
}

/**
 * A volume as it was requested, in the terms of the provider's
 * `aws.ebs.Volume`, with EC2's defaults for a gp3.
 */
export function volumeOf(inputs: Input): Volume {
  const kmsKeyId = optionalText(inputs, "kmsKeyId");
  return {
    size: number(inputs, "size") ?? 8,
    volumeType: optionalText(inputs, "type") ?? "gp3",
    iops: number(inputs, "iops") ?? 3000,
    throughput: number(inputs, "throughput") ?? 125,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
  };
}

/** The id of the one volume that an instance has. */
export function rootVolumeId({ id }: Pick<Instance, "id">): string {
  return id.replace("i-", "vol-");
}

/**
 * Volumes as DescribeVolumes reports them: those of instances, which are
 * deleted with them, and those that were made alone.
 */
export function describeVolumes(
  { data }: Cloud,
  passes: (tags: Readonly<Record<string, string>>) => boolean,
) {
  const ofInstances = Object.values(data.instances).flatMap((instance): DescribedVolume[] =>
    instance.state === "terminated"
      ? []
      : [
          {
            volumeId: rootVolumeId(instance),
            ...instance.disk,
            createTime: new Date(instance.createdAt),
            tags: instance.volumeTags,
            attachedTo: instance.id,
          },
        ],
  );
  const alone = Object.entries(data.resources[volumeType] ?? {}).map(
    ([volumeId, { createTime, tagsAll, ...inputs }]): DescribedVolume => ({
      volumeId,
      ...volumeOf(inputs),
      createTime: new Date(createTime as string),
      tags: tagsAll as Record<string, string>,
    }),
  );
  return [...ofInstances, ...alone]
    .filter(({ tags }) => passes(tags))
    .map(({ tags, attachedTo, ...volume }) => ({
      ...volume,
      status: attachedTo === undefined ? "available" : "in-use",
      attachmentSet: attachedTo === undefined ? [] : [{ instanceId: attachedTo, status: "attached" }],
      tagSet: Object.entries(tags).map(([key, value]) => ({ key, value })),
    }));
}
