/**
 * What the engine asks of a provider, as the emulators offer it: a table of
 * resource types and a table of functions, by Pulumi token
 * (`aws:ec2/instance:Instance`). The gRPC service in engine/ speaks the
 * protocol; a type here only says what its resource does.
 */
export type Properties = Record<string, unknown>;

/** What a provider was configured with (`aws.Provider`'s or `github.Provider`'s inputs). */
export type ProviderConfiguration = Properties;

export interface ResourceType {
  create(
    inputs: Properties,
    configuration: ProviderConfiguration,
  ): Promise<{ id: string; state: Properties }>;
  /** The resource as it is now; undefined when it is gone. `refresh` calls it. */
  read(id: string, state: Properties, configuration: ProviderConfiguration): Promise<Properties | undefined>;
  /**
   * Absent: every change of an input replaces the resource.
   *
   * @param changed the keys that have changed, without those that are ignored
   */
  update?(
    id: string,
    state: Properties,
    inputs: Properties,
    configuration: ProviderConfiguration,
    changed: readonly string[],
  ): Promise<Properties>;
  /**
   * Outputs that the provider computes again because the inputs differ from the
   * state. They count as changed.
   */
  recomputed?(state: Properties, inputs: Properties): readonly string[];
  delete(id: string, state: Properties, configuration: ProviderConfiguration): Promise<void>;
  /** Inputs that replace the resource when they change. */
  replaceOn?: readonly string[];
  /**
   * The inputs of an existing resource that is imported, as far as they can be
   * read back. `read` is called with an empty state before. Absent: the type
   * cannot be imported.
   */
  inputsOf?(state: Properties): Properties;
}

export type ResourceTypes = Readonly<Record<string, ResourceType>>;
export type ProviderFunctions = Readonly<
  Record<string, (args: Properties, configuration: ProviderConfiguration) => Promise<Properties>>
>;

/** One emulated provider package: `aws`, `github` or `command`. */
export interface EmulatedProvider {
  types: ResourceTypes;
  functions: ProviderFunctions;
}
