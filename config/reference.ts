import * as z from "zod";
import { Fault } from "../contract/failure.ts";
import { instanceIdLength, maxRunnerEntryLength, maxRunnerNameLength } from "../contract/names.ts";
import { regionsWithoutFunctionUrls } from "./function-urls.ts";
import { limits } from "./limits.ts";
import { configurationSchema } from "./schema.ts";

/*
 * docs/configuration.md, made from the schema: one table for each section.
 */

type Schema = z.core.JSONSchema.BaseSchema;

/** One line of a table. */
interface Row {
  key: string;
  type: string;
  default: string;
  limits: string;
  meaning: string;
}

/** The text of docs/configuration.md. */
export function configurationReference(): string {
  const schema = z.toJSONSchema(configurationSchema, { io: "input" });
  const sections = Object.entries(schema.properties ?? {}).flatMap(([name, section]) =>
    typeof section === "object" ? [sectionText(name, section, isRequired(schema, name))] : [],
  );
  return [introduction, ...sections, notes].join("\n");
}

function sectionText(name: string, section: Schema, required: boolean): string {
  const rows = rowsOf(section, "");
  return [
    `## \`longhaul:${name}\``,
    "",
    `${section.description ?? ""} ${required ? "Required." : "May be left out: then every default applies."}`,
    "",
    "| Key | Type | Default | Limits, example | Meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => line([`\`${row.key}\``, row.type, row.default, row.limits, row.meaning])),
    "",
  ].join("\n");
}

/** A section's keys, those of nested maps with their path (`disk.sizeGb`, `<name>.labels`). */
function rowsOf(schema: Schema, prefix: string): Row[] {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    typeof child === "object" ? rowsAt(child, prefix + key, isRequired(schema, key)) : [],
  );
  const each = schema.additionalProperties;
  if (typeof each !== "object") return rows;
  return [...rows, ...rowsAt(each, `${prefix}<${keyTitle(schema)}>`, false)];
}

function rowsAt(schema: Schema, key: string, required: boolean): Row[] {
  const own = {
    key,
    type: typeOf(schema),
    default: required ? "**required**" : defaultOf(schema),
    limits: limitsOf(schema),
    meaning: schema.description ?? "",
  };
  const below = rowsOf(schema, `${key}.`);
  return [{ ...own, default: below.length > 0 && !required ? "" : own.default }, ...below];
}

/** What the keys of a map are. The schema of its keys says so. */
function keyTitle({ propertyNames }: Schema): string {
  const title = typeof propertyNames === "object" ? propertyNames.title : undefined;
  if (title === undefined)
    throw new Fault("The schema of a map's keys has no title: give it one with meta().");
  return title;
}

function typeOf(schema: Schema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.type === "array") return "list of texts";
  if (schema.type === "object") return "map";
  if (schema.format === "uri") return "URL";
  if (schema.type === "integer") return "whole number";
  return schema.type === "string" ? "text" : String(schema.type);
}

function defaultOf(schema: Schema): string {
  const value = schema.default;
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.length === 0 ? "none" : `\`[${value.join(", ")}]\``;
  return typeof value === "object" ? "" : `\`${JSON.stringify(value).replaceAll('"', "")}\``;
}

function limitsOf(schema: Schema): string {
  const { minimum, maximum } = schema;
  const parts: string[] = [];
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined) parts.push(bounded ? `${minimum} to ${maximum}` : `at least ${minimum}`);
  if (schema.maxLength !== undefined) parts.push(`at most ${schema.maxLength} characters`);
  if (schema.minItems !== undefined) parts.push(`at least ${schema.minItems}`);
  const example = (schema.examples ?? itemExamples(schema))?.[0];
  if (typeof example === "string" && example !== schema.default) parts.push(`\`${example}\``);
  return parts.join("; ");
}

function itemExamples({ items }: Schema): unknown[] | undefined {
  return typeof items === "object" && !Array.isArray(items) ? items.examples : undefined;
}

function isRequired(schema: Schema, key: string): boolean {
  return schema.required?.includes(key) ?? false;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const introduction = `# Configuration

<!-- Made from config/schema.ts by "npm run reference": change it there. -->

An environment is a Pulumi stack. Its configuration is in \`Pulumi.<environment>.yaml\`, below \`config:\`. [\`Pulumi.dev.yaml\`](../Pulumi.dev.yaml) is an example with every key. The whole configuration is checked before anything is made, and all errors are reported together, each with the path of its key.

The smallest configuration, with runners of one repository:

\`\`\`yaml
config:
  longhaul:aws:
    account: "123456789012"
    region: eu-central-1
  longhaul:github:
    repository: acme/app
  longhaul:fleets:
    cloud:
      runners: 2
\`\`\`

Runners of an organisation, in two fleets and in existing subnets:

\`\`\`yaml
config:
  longhaul:aws:
    account: "123456789012"
    region: eu-central-1
  longhaul:github:
    organization: acme
    runnerGroup:
      name: long-jobs
      repositories: [app, platform]
  longhaul:network:
    vpcId: vpc-0123456789abcdef0
    subnetIds: [subnet-0123456789abcdef0, subnet-0fedcba9876543210]
  longhaul:fleets:
    integration:
      runners: 4
      instanceType: c7i.2xlarge
      labels: [integration, extended-timeout]
    arm:
      instanceType: m7g.xlarge
      labels: [arm-build]
  longhaul:smokeTest:
    repository: app
\`\`\`
`;

const notes = `## What is checked beyond the tables

- Names of environments (stacks) and fleets have lower-case letters, digits and single hyphens. A runner's name, \`<environment>-<fleet>-<number>\`, has at most ${maxRunnerNameLength} characters: GitHub accepts ${maxRunnerEntryLength}, and the instance id after it needs ${instanceIdLength + 1}.
- Labels: at most ${limits.labelsPerFleet}, because GitHub accepts 100 and a machine has four more. A label must not be empty and must not occur twice (GitHub ignores case). It has at most ${limits.labelLength} characters: letters, digits and \`_ . - : / = + @\`. Refused are labels that GitHub gives by itself (\`self-hosted\`, \`linux\`, \`x64\`, …), labels that look like a runner that GitHub hosts (\`ubuntu-latest\`, \`ubuntu-24.04-arm\`, \`windows-…\`, \`macos-…\`), and labels that look like a machine's name.
- The architecture must be the instance type's. macOS, Windows and spot are refused: EC2's locks against stopping and terminating do not exist for spot machines.
- Runner versions below ${limits.oldestRunnerVersion} are refused, because GitHub refuses them. For a version that Longhaul does not know, \`sha256\` is needed.
- The smoke test's minutes and a margin of ${limits.smokeMarginMinutes} must fit into the ${limits.jobMinutes} minutes (five days) that a job may run. For an organisation it needs a repository that may use the runners.
- The network of a VPC that the stack makes must be a /${limits.widestNetwork} to a /${limits.narrowestNetwork}, written with its first address.
- The zones of its subnets are chosen by the instance types that EC2 offers in them, and \`up\` refuses a machine type that the region, or the zone of a subnet, does not offer: see [what it looks up](troubleshooting.md#zones).
- Wake on demand needs Lambda's function URLs and is refused where AWS's documentation, read on 2026-11-30, says that they do not exist: in China, in GovCloud, and in ${regionsWithoutFunctionUrls.join(", ")}. We found nothing about the European Sovereign Cloud.
- Partitions other than \`aws\` were read about in AWS's SDKs and documentation and never tried. A budget in US dollars [cannot be AWS's there](cost.md#the-budget); that Canonical publishes Ubuntu's images under the same parameters in each of them was not checked.
- The security group allows no incoming and all outgoing connections, by IPv4 and IPv6. The VPC that the stack makes has no IPv6. Your subnets may have both; a subnet with IPv6 only is not enough, because GitHub and AWS's usual endpoints are reached by IPv4.
- URLs must not contain user names or passwords, and the configuration must not contain secrets: it becomes part of user data, which every process on a machine can read. Addresses to which credentials are sent must begin with \`https://\`.
- The environment \`local\` runs only on the local cloud; see [its page](../local/README.md).
`;
