import { EmulatedAwsError } from "./errors.ts";
import { publicParameter } from "./images.ts";
import type { Cloud, Parameter, ParameterVersion } from "./state.ts";
import { checkDemandedTags } from "./tag-rules.ts";

/** SSM's limit for a value in the standard tier, in characters. */
const maxValueLength = 4096;

/**
 * AWS keeps this many versions, and deletes the oldest for a new one. (Labels,
 * which can prevent that, are not emulated.)
 */
const maxVersions = 100;

export interface ParameterValue {
  name: string;
  /** Required for a new parameter. */
  type: Parameter["type"] | undefined;
  value: string;
  keyId: string | undefined;
  overwrite: boolean;
  tags: Record<string, string>;
}

/** Writes a new version; what may be written is the API's rule, for clients and for the provider alike. */
export function putParameter(
  cloud: Cloud,
  { name, type, value, keyId, overwrite, tags }: ParameterValue,
): Parameter {
  const before = cloud.data.parameters[name];
  if (before && !overwrite) {
    const text =
      "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
    throw new EmulatedAwsError("ParameterAlreadyExists", text);
  }
  if (overwrite && Object.keys(tags).length > 0) {
    throw new EmulatedAwsError(
      "ValidationException",
      "Invalid request: tags and overwrite can't be used together.",
    );
  }
  if (!overwrite) checkDemandedTags(cloud, `the parameter ${name}`, tags);
  if (!before && type === undefined) {
    throw new EmulatedAwsError(
      "ValidationException",
      "A parameter type is required when you create a parameter.",
    );
  }
  if (before && type !== undefined && type !== before.type) {
    throw new EmulatedAwsError(
      "HierarchyTypeMismatchException",
      `The type of ${name} cannot be changed from ${before.type}.`,
    );
  }
  if (value === "") {
    throw new EmulatedAwsError(
      "ValidationException",
      "Value at 'value' failed to satisfy constraint: length 1 or more.",
    );
  }
  if (value.length > maxValueLength) {
    const text = `Standard tier parameters support a maximum parameter value of ${maxValueLength} characters.`;
    throw new EmulatedAwsError("ValidationException", text);
  }
  const parameter: Parameter = {
    name,
    type: before?.type ?? type!,
    value,
    version: (before?.version ?? 0) + 1,
    modifiedAt: cloud.clock.now(),
    ...(keyId === undefined ? {} : { keyId }),
    tags: before?.tags ?? tags,
    ...(before && { earlier: versionsOf(before).slice(1 - maxVersions) }),
  };
  cloud.data.parameters[name] = parameter;
  return parameter;
}

/** A parameter of the account, or a public one of AWS; undefined when it does not exist. */
export function findParameter(cloud: Cloud, name: string): Parameter | undefined {
  const image = publicParameter(name);
  return image === undefined
    ? cloud.data.parameters[name]
    : { name, type: "String", value: image, version: 1, modifiedAt: 0, tags: {} };
}

/** All versions that are kept, oldest first; the last one is the current value. */
export function versionsOf({
  earlier = [],
  value,
  version,
  modifiedAt,
  keyId,
}: Parameter): ParameterVersion[] {
  return [...earlier, { value, version, modifiedAt, ...(keyId !== undefined && { keyId }) }];
}

/** A parameter's name, and the version that is asked for: `/a:3` is the third version of `/a`. */
export function parseSelector(text: string): { name: string; selector?: string } {
  const [, name, selector] = /^([^:]+):([^:]+)$/.exec(text) ?? [];
  return name === undefined || selector === undefined ? { name: text } : { name, selector };
}

/** A parameter as it is, or as it was in the version that `<name>:<version>` asks for. */
export function findVersion(cloud: Cloud, text: string): Parameter | undefined {
  const { name, selector } = parseSelector(text);
  const parameter = findParameter(cloud, name);
  if (!parameter || selector === undefined) return parameter;
  const found = versionsOf(parameter).find(({ version }) => String(version) === selector);
  return found && { name, type: parameter.type, tags: parameter.tags, ...found };
}

/** @throws AwsError ParameterNotFound, ParameterVersionNotFound */
export function versionOf(cloud: Cloud, text: string): Parameter {
  const { name, selector } = parseSelector(text);
  parameterOf(cloud, name);
  const found = findVersion(cloud, text);
  if (found) return found;
  const problem = `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`;
  throw new EmulatedAwsError("ParameterVersionNotFound", problem);
}

/** @throws AwsError ParameterNotFound */
export function parameterOf(cloud: Cloud, name: string): Parameter {
  const parameter = findParameter(cloud, name);
  if (!parameter) throw new EmulatedAwsError("ParameterNotFound", `The parameter ${name} was not found.`);
  return parameter;
}

/** @throws AwsError ParameterNotFound */
export function deleteParameter(cloud: Cloud, name: string): void {
  parameterOf(cloud, name);
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain object, so that it can be kept as JSON
  delete cloud.data.parameters[name];
}

export function parameterArn(cloud: Cloud, name: string): string {
  return `arn:aws:ssm:${cloud.region}:${cloud.account}:parameter/${name.replace(/^\//, "")}`;
}
