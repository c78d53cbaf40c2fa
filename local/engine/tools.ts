/** The programs that the local cloud needs besides Node: the Pulumi engine, and act to run workflow files. */
export const toolNames = ["pulumi", "act"] as const;
export type ToolName = (typeof toolNames)[number];

/** Versions that are fetched or built. A test holds them equal to those in go.mod. */
export const toolVersions: Record<ToolName, string> = { pulumi: "v3.259.0", act: "v0.2.89" };
