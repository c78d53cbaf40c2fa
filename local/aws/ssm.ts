import { EmulatedAwsError } from "./errors.ts";
import type { RequestContext } from "./iam.ts";
import { flag, optionalText, tagsOf, text, texts } from "./input.ts";
import type { Input } from "./input.ts";
import {
  deleteParameter,
  findParameter,
  findVersion,
  parameterArn,
  parameterOf,
  parseSelector,
  putParameter,
  versionOf,
  versionsOf,
} from "./parameters.ts";
import type { Need, Service } from "./server.ts";
import type { Cloud, Parameter } from "./state.ts";

const maxNames = 10;

/** Largest page of a parameter's history. */
const maxHistory = 50;

/** Systems Manager: the parameter store. */
export function ssmService(cloud: Cloud): Service {
  const need = (name: string): Need => ({
    resource: parameterArn(cloud, name),
    context: tagContext(cloud, name),
  });
  const key = (action: "kms:Decrypt" | "kms:Encrypt", name: string, keyId: string | undefined): Need[] =>
    keyId === undefined
      ? [] // Every caller that may read the parameter may use the account's default key.
      : [
          {
            action,
            resource: keyId,
            context: {
              "kms:ViaService": `ssm.${cloud.region}.amazonaws.com`,
              "kms:EncryptionContext:PARAMETER_ARN": parameterArn(cloud, name),
            },
          },
        ];
  /**
   * @param names each with or without a version: a caller that may read a
   * parameter may read all its versions
   */
  const read = (input: Input, names: readonly string[]): Need[] => [
    ...names.map((name) => need(parseSelector(name).name)),
    ...(flag(input, "WithDecryption")
      ? names.flatMap((name) => key("kms:Decrypt", parseSelector(name).name, findVersion(cloud, name)?.keyId))
      : []),
  ];
  const shown = (input: Input, parameter: Parameter) => ({
    ARN: parameterArn(cloud, parameter.name),
    DataType: "text",
    LastModifiedDate: new Date(parameter.modifiedAt),
    Name: parameter.name,
    Type: parameter.type,
    Value:
      parameter.type === "SecureString" && !flag(input, "WithDecryption")
        ? ciphertext(parameter)
        : parameter.value,
    Version: parameter.version,
  });

  const historyKeys = (name: string): Need[] => {
    const parameter = findParameter(cloud, name);
    const keys = new Set(parameter && versionsOf(parameter).map(({ keyId }) => keyId));
    return [...keys].flatMap((keyId) => key("kms:Decrypt", name, keyId));
  };

  return {
    signingName: "ssm",
    prefix: "ssm",
    actions: {
      GetParameter: {
        needs: (input) => read(input, [text(input, "Name")]),
        run: (input) => ({ Parameter: shown(input, versionOf(cloud, text(input, "Name"))) }),
      },
      GetParameters: {
        needs: (input) => read(input, texts(input, "Names")),
        run: (input) => {
          const names = texts(input, "Names");
          if (names.length === 0 || names.length > maxNames) {
            throw new EmulatedAwsError(
              "ValidationException",
              `Value at 'names' must have between 1 and ${maxNames} members.`,
            );
          }
          return {
            Parameters: names
              .flatMap((name) => findVersion(cloud, name) ?? [])
              .map((found) => shown(input, found)),
            InvalidParameters: names.filter((name) => !findVersion(cloud, name)),
          };
        },
      },
      GetParameterHistory: {
        needs: (input) => [
          need(text(input, "Name")),
          ...(flag(input, "WithDecryption") ? historyKeys(text(input, "Name")) : []),
        ],
        run: (input) => {
          const parameter = parameterOf(cloud, text(input, "Name"));
          const versions = versionsOf(parameter);
          const begin = Number(optionalText(input, "NextToken") ?? 0);
          const end = begin + Number(optionalText(input, "MaxResults") ?? maxHistory);
          return {
            Parameters: versions
              .slice(begin, end)
              .map((version) => shown(input, { ...parameter, ...version })),
            ...(end < versions.length && { NextToken: String(end) }),
          };
        },
      },
      PutParameter: {
        needs: (input) => [
          need(text(input, "Name")),
          ...key("kms:Encrypt", text(input, "Name"), optionalText(input, "KeyId")),
        ],
        run: (input) => {
          const { version } = putParameter(cloud, {
            name: text(input, "Name"),
            type: optionalText(input, "Type") as Parameter["type"] | undefined,
            value: optionalText(input, "Value") ?? "",
            keyId: optionalText(input, "KeyId"),
            overwrite: flag(input, "Overwrite") ?? false,
            tags: tagsOf(input, "Tags"),
          });
          return { Tier: "Standard", Version: version };
        },
      },
      DeleteParameter: {
        needs: (input) => [need(text(input, "Name"))],
        run: (input) => {
          deleteParameter(cloud, text(input, "Name"));
          return {};
        },
      },
      AddTagsToResource: {
        needs: (input) => [need(text(input, "ResourceId"))],
        run: (input) => {
          const found = cloud.data.parameters[text(input, "ResourceId")];
          if (!found || text(input, "ResourceType") !== "Parameter") {
            throw new EmulatedAwsError(
              "InvalidResourceId",
              "The resource ID is not valid. Verify that you entered it correctly.",
            );
          }
          Object.assign(found.tags, tagsOf(input, "Tags"));
          return {};
        },
      },
    },
  };
}

function tagContext(cloud: Cloud, name: string): RequestContext {
  const tags = Object.entries(findParameter(cloud, name)?.tags ?? {});
  return Object.fromEntries(
    tags.flatMap(([tag, value]) => [
      [`aws:ResourceTag/${tag}`, value],
      [`ssm:resourceTag/${tag}`, value],
    ]),
  );
}

/** A SecureString as a reader sees it without decryption. */
function ciphertext({ name, version }: Parameter): string {
  return Buffer.from(`encrypted:${name}:${version}`).toString("base64");
}
