import type { Cloud, Instance } from "./state.ts";

export const volumeType = "aws:ec2/volume:Volume";

interface Volume {
  volumeId: string;
  createTime: Date;
  tags: Readonly<Record<string, string>>;
  /** Id of the instance that has it. */
  attachedTo?: string;
}

/** The id of the one volume that an instance has. */
export function rootVolumeId({ id }: Pick<Instance, "id">): string {
  return id.replace("i-", "vol-");
}

/** Volumes as DescribeVolumes tells them: those of instances, which go with them, and those that were made alone. */
export function describeVolumes(
  { data }: Cloud,
  passes: (tags: Readonly<Record<string, string>>) => boolean,
) {
  const ofInstances = Object.values(data.instances).flatMap((instance): Volume[] =>
    instance.state === "terminated"
      ? []
      : [
          {
            volumeId: rootVolumeId(instance),
            createTime: new Date(instance.createdAt),
            tags: instance.tags,
            attachedTo: instance.id,
          },
        ],
  );
  const alone = Object.entries(data.resources[volumeType] ?? {}).map(
    ([volumeId, { createTime, tagsAll }]): Volume => ({
      volumeId,
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
