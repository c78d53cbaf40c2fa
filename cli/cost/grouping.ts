/** What the jobs of a report can be grouped by. */
export const groupings = ["job", "workflow", "repository", "runner", "day"] as const;
export type Grouping = (typeof groupings)[number];
