import type { Filter, Tag } from "@aws-sdk/client-ec2";

/** A filter of EC2's descriptions: the resource has one of the values. */
export function filterBy(Name: string, ...Values: string[]): Filter {
  return { Name, Values };
}

/** Filters for resources with all these tags. */
export function tagFilters(tags: Readonly<Record<string, string>>): Filter[] {
  return Object.entries(tags).map(([key, value]) => filterBy(`tag:${key}`, value));
}

/** Tags by their keys, as EC2 describes them. */
export function tagsOf(described: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(described.map(({ Key, Value }) => [Key!, Value ?? ""]));
}
