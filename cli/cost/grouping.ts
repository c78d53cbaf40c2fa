/** What the lines of a report can be about. */
export const groupings = ["job", "workflow", "repository", "runner", "day"] as const;
export type Grouping = (typeof groupings)[number];
