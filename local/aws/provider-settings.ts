import type { Properties, ProviderConfiguration } from "../provider.ts";

/** A setting of a provider; the SDK hands over everything but text as JSON. */
export function setting(configuration: ProviderConfiguration, name: string): unknown {
  const value = configuration[name];
  return typeof value === "string" && /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
}

/** A resource's own tags and the provider's default ones. */
export function allTags(inputs: Properties, configuration: ProviderConfiguration): Record<string, string> {
  const defaults = setting(configuration, "defaultTags") as { tags?: Record<string, string> } | undefined;
  return { ...defaults?.tags, ...(inputs.tags as Record<string, string> | undefined) };
}
