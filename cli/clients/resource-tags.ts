import { CreateTagsCommand, DeleteTagsCommand, paginateDescribeVolumes } from "@aws-sdk/client-ec2";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { awsCall } from "./aws-call.ts";
import { tagFilters, tagsOf } from "./ec2-tags.ts";

/** A machine or a disk with all its tags. */
export interface Tagged {
  id: string;
  tags: Readonly<Record<string, string>>;
}

/** Tags of EC2's resources. */
export interface ResourceTags {
  /** Disks with all these tags. */
  disks(tags: Readonly<Record<string, string>>): Promise<Tagged[]>;
  write(ids: readonly string[], tags: Readonly<Record<string, string>>): Promise<void>;
  /** Whatever the values are. */
  remove(ids: readonly string[], keys: readonly string[]): Promise<void>;
}

/** @throws ServiceError from each of its functions */
export function resourceTagsOf(ec2: EC2Client): ResourceTags {
  return {
    disks: async (tags) => {
      const found: Tagged[] = [];
      await awsCall("ec2:DescribeVolumes", async () => {
        for await (const page of paginateDescribeVolumes({ client: ec2 }, { Filters: tagFilters(tags) })) {
          for (const { VolumeId, Tags } of page.Volumes ?? [])
            found.push({ id: VolumeId!, tags: tagsOf(Tags) });
        }
      });
      return found;
    },
    write: async (ids, tags) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const command = new CreateTagsCommand({ Resources: [...ids], Tags });
      await awsCall("ec2:CreateTags", () => ec2.send(command));
    },
    remove: async (ids, keys) => {
      const command = new DeleteTagsCommand({ Resources: [...ids], Tags: keys.map((Key) => ({ Key })) });
      await awsCall("ec2:DeleteTags", () => ec2.send(command));
    },
  };
}
