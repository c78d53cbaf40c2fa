import { DescribeImagesCommand } from "@aws-sdk/client-ec2";
import type { EC2Client } from "@aws-sdk/client-ec2";
import { awsCall } from "./aws-call.ts";

/** EC2's machine images, as far as the operator's command needs them. */
export interface Images {
  /** When images were created, ISO 8601 in UTC, by id; images that EC2 no longer knows are absent. */
  createdAt(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** @throws ServiceError */
export function imagesOf(ec2: EC2Client): Images {
  return {
    createdAt: async (ids) => {
      // EC2 refuses a filter without values. An unknown id in a filter is no error.
      if (ids.length === 0) return new Map();
      const command = new DescribeImagesCommand({
        IncludeDeprecated: true, // Public images are deprecated within two years, while machines still run on them.
        Filters: [{ Name: "image-id", Values: [...ids] }],
      });
      const { Images: found = [] } = await awsCall("ec2:DescribeImages", () => ec2.send(command));
      return new Map(
        found.flatMap(({ ImageId, CreationDate }) =>
          CreationDate === undefined ? [] : [[ImageId!, CreationDate] as const],
        ),
      );
    },
  };
}
