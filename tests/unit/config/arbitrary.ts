import fc from "fast-check";
import { hasFunctionUrls } from "../../../config/function-urls.ts";
import { partitionOfRegion } from "../../../config/partitions.ts";
import { machinePrice } from "../../../config/prices.ts";

/*
 * Valid configurations by construction: each generator keeps the rules that
 * hold between its own keys, so that nothing needs to be filtered away.
 */

/** A stack's name, with a valid configuration as a user writes it. */
export interface WrittenConfiguration {
  environment: string;
  raw: Record<string, unknown>;
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef".split("")), minLength: length, maxLength: length });
const shortName = fc.stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4})?$/);
const repositoryName = fc.stringMatching(/^[a-z][\w.-]{0,12}$/);
const optional = { requiredKeys: [] as never[] };

/** Text that a shell or a template could trip over. */
const awkwardText = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.constantFrom("echo 'it''s' \"$HOME\" `id` $(id) \\", "EOF\nLONGHAUL", "line\n\ttab", "ä 漢字 🚚"),
);

const awsArbitrary = fc
  .record({
    account: fc.stringMatching(/^\d{12}$/),
    region: fc.constantFrom(
      "eu-central-1",
      "us-east-1",
      "ap-southeast-2",
      "us-gov-west-1",
      "cn-north-1",
      "eusc-de-east-1",
    ),
  })
  .chain(({ account, region }) => {
    const partition = partitionOfRegion(region);
    return fc.record(
      {
        account: fc.constant(account),
        region: fc.constant(region),
        partition: fc.constant(partition),
        endpoints: fc.record(
          Object.fromEntries(
            ["ec2", "ssm", "monitoring", "logs", "dynamodb", "sqs", "sts", "iam", "budgets"].map(
              (service) => [
                service,
                fc.constantFrom(`https://${service}.vpce.example.com`, "http://127.0.0.1:4566"),
              ],
            ),
          ),
          optional,
        ),
        rolePath: fc.constantFrom("/", "/runners/", "/teams/ci/"),
        permissionsBoundary: fc.constant(`arn:${partition}:iam::${account}:policy/boundary`),
        kmsKeyArn: fc.uuid().map((id) => `arn:${partition}:kms:${region}:${account}:key/${id}`),
      },
      { requiredKeys: ["account", "region"] },
    );
  });

const githubUrl = fc.constantFrom(
  "https://github.com",
  "https://acme.ghe.com/",
  "https://github.example.com",
  "http://127.0.0.1:8080",
);

/** The GitHub section and the smoke test's repository, which must match. */
const scopeArbitrary = fc.oneof(
  fc.record({
    github: fc.record(
      { repository: repositoryName.map((name) => `acme/${name}`), url: githubUrl },
      { requiredKeys: ["repository"] },
    ),
    smokeRepository: fc.constant(undefined),
  }),
  repositoryName.chain((name) =>
    fc.record({
      github: fc.record(
        {
          organization: fc.constantFrom("acme", "Acme-2"),
          runnerGroup: fc.oneof(
            fc.record({
              name: fc.constantFrom("long jobs", "ci"),
              repositories: fc
                .subarray(["one", "two"].filter((other) => other !== name))
                .map((more) => [name, ...more]),
            }),
            fc.record({ name: fc.constant("ci"), visibility: fc.constantFrom("all", "private") }),
          ),
          url: githubUrl,
        },
        { requiredKeys: ["organization"] },
      ),
      smokeRepository: fc.constant(name),
    }),
  ),
);

const proxyUrl = fc.constantFrom("http://proxy.example.com:3128", "https://10.0.0.1");
const reached = {
  proxy: fc
    .record(
      {
        http: proxyUrl,
        https: proxyUrl,
        noProxy: fc.uniqueArray(fc.constantFrom("10.0.0.0/8", ".example.com", "localhost"), { maxLength: 3 }),
      },
      optional,
    )
    .map((proxy) =>
      (proxy.http ?? proxy.https) ? proxy : { ...proxy, http: "http://proxy.example.com:3128" },
    ),
  caBundle: hex(64).map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`),
};
const networkArbitrary = fc.oneof(
  fc.record(
    { cidr: fc.constantFrom("10.42.0.0/16", "192.168.8.0/24", "172.20.0.0/20"), ...reached },
    optional,
  ),
  fc.record(
    {
      vpcId: hex(17).map((id) => `vpc-${id}`),
      subnetIds: fc.uniqueArray(
        hex(17).map((id) => `subnet-${id}`),
        { minLength: 1, maxLength: 3 },
      ),
      ...reached,
    },
    { requiredKeys: ["vpcId", "subnetIds"] },
  ),
);

const imageArbitrary = fc.oneof(
  fc.record(
    {
      distribution: fc.constantFrom("ubuntu-24.04", "amazon-linux-2023"),
      user: fc.constantFrom("runner", "ci"),
    },
    optional,
  ),
  fc.record(
    {
      ami: hex(17).map((id) => `ami-${id}`),
      user: fc.constantFrom("runner", "ci"),
      baked: fc.boolean(),
    },
    { requiredKeys: ["ami"] },
  ),
  fc.record(
    { parameter: fc.constantFrom("/images/runner", "/images/large"), baked: fc.boolean() },
    { requiredKeys: ["parameter"] },
  ),
);

const diskArbitrary = fc.integer({ min: 20, max: 65_536 }).chain((sizeGb) =>
  fc.record(
    {
      sizeGb: fc.constant(sizeGb),
      iops: fc.integer({ min: 3000, max: Math.max(3000, Math.min(16_000, sizeGb * 500)) }),
      throughput: fc.integer({ min: 125, max: 750 }),
    },
    { requiredKeys: ["sizeGb"] },
  ),
);

const runnerSoftwareArbitrary = fc.oneof(
  fc.record({ version: fc.constant("2.338.0"), selfUpdate: fc.boolean() }, optional),
  fc.record(
    {
      version: fc.constantFrom("2.329.0", "2.338.0", "2.340.1", "3.0.0"),
      sha256: hex(64),
      url: fc.constantFrom("https://mirror.example.com/runner.tar.gz", "http://127.0.0.1:4000/runner.tar.gz"),
      selfUpdate: fc.boolean(),
    },
    { requiredKeys: ["version", "sha256", "url"] },
  ),
);

const labelsArbitrary = fc
  .uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{2,8}(-[a-z0-9]{2,6})?$/), {
    minLength: 1,
    maxLength: 4,
    selector: (label) => label.toLowerCase(),
  })
  .map((labels) =>
    labels.map((label) =>
      ["linux", "windows", "macos", "x64", "x86", "arm", "arm64"].includes(label) ? `my-${label}` : label,
    ),
  );

const autoShutdownArbitrary = (runners: number) =>
  fc.record(
    {
      idleMinutes: fc.integer({ min: 60, max: 600 }),
      minimumAwake: fc.integer({ min: 0, max: runners }),
      maxJobHours: fc.integer({ min: 1, max: 240 }).map((halves) => halves / 2),
      enforce: fc.constant(false), // An enforced limit must leave the smoke test its time: see refusals.test.ts.
      workingHours: fc
        .record(
          {
            // The wakes and sleeps of one fleet must alternate: see refusals.test.ts.
            lines: fc.constantFrom(
              { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00" },
              { wake: "daily 6:00", sleep: "daily 23:59" },
              { wake: "Sat,Sun 10:00", sleep: "Sat-Sun 18:15" },
            ),
            zone: fc.constantFrom("Europe/Berlin", "America/New_York", "UTC"),
            holidays: fc.subarray(["2026-12-25", "2027-01-01"]),
          },
          { requiredKeys: ["lines", "zone"] },
        )
        .map(({ lines, ...rest }) => ({ ...lines, ...rest })),
    },
    optional,
  );

const typesByArchitecture = {
  x64: ["m5.xlarge", "c7i-flex.large", "t3.medium", "g4dn.2xlarge", "m5.metal"],
  arm64: ["m7g.xlarge", "c7gn.large", "t4g.small", "a1.medium", "im4gn.4xlarge"],
} as const;

const tagValues = ["ci", "4711", "a+b=c@d.e:f/g_h-i"];

/** The keys differ in more than their case, also between an environment and its fleets. */
const tagsWith = (...values: string[]) =>
  fc.dictionary(fc.constantFrom("team", "cost centre", "acme/owner", "Stage"), fc.constantFrom(...values), {
    noNullPrototype: true,
  });

const fleetArbitrary = fc
  .record({
    runners: fc.integer({ min: 1, max: 4 }),
    architecture: fc.constantFrom("x64" as const, "arm64" as const),
  })
  .chain(({ runners, architecture }) =>
    fc.record(
      {
        runners: fc.constant(runners),
        generations: fc.dictionary(
          fc.integer({ min: 1, max: runners }).map(String),
          fc.integer({ min: 1, max: 9 }),
          {
            noNullPrototype: true,
          },
        ),
        instanceType: fc.constantFrom(...typesByArchitecture[architecture]),
        priceUsdPerHour: fc.constantFrom(0, 0.192, 12),
        architecture: fc.constant(architecture),
        image: imageArbitrary,
        disk: diskArbitrary,
        labels: labelsArbitrary,
        runner: runnerSoftwareArbitrary,
        docker: fc.boolean(),
        dockerLiveRestore: fc.boolean(),
        sudo: fc.boolean(),
        tags: tagsWith("", ...tagValues),
        bootSteps: fc.array(awkwardText, { maxLength: 3 }),
        everyBoot: fc.array(awkwardText, { maxLength: 3 }),
        autoShutdown: autoShutdownArbitrary(runners),
      },
      { requiredKeys: ["runners", "instanceType"] },
    ),
  );

const agentArbitrary = fc.record({
  pollSeconds: fc.integer({ min: 1, max: 300 }),
  quietSeconds: fc.integer({ min: 120, max: 600 }),
  spreadSeconds: fc.integer({ min: 0, max: 600 }),
  staySeconds: fc.integer({ min: 0, max: 600 }),
  diskPercent: fc.integer({ min: 20, max: 95 }),
});

const smokeTestArbitrary = fc.record(
  {
    enabled: fc.boolean(),
    minutes: fc.integer({ min: 1, max: 7170 }),
    machines: fc.constantFrom("first", "all"),
    wait: fc.constantFrom("start", "end"),
    workflow: fc.constantFrom("longhaul-smoke.yml", "smoke-dev.yaml"),
    manageWorkflow: fc.boolean(),
    onlineWithinMinutes: fc.integer({ min: 1, max: 60 }),
  },
  optional,
);

const budgetArbitrary = fc.record(
  {
    monthlyUsd: fc.integer({ min: 100, max: 5000 }),
    dailyUsd: fc.integer({ min: 1, max: 100 }),
    awsBudget: fc.boolean(),
    costAllocationTag: fc.boolean(),
    deniedRoles: fc.constantFrom([], ["deploy", "people"]),
  },
  { requiredKeys: ["monthlyUsd"] },
);

type BudgetValues = typeof budgetArbitrary extends fc.Arbitrary<infer Values> ? Values : never;

/** AWS's own budget exists only in the partition `aws`, and so do the settings that belong to it. */
function budgetIn(
  region: string,
  { costAllocationTag, deniedRoles, awsBudget, ...meter }: BudgetValues,
): Record<string, unknown> {
  if (partitionOfRegion(region) !== "aws" || awsBudget === false) return { ...meter, awsBudget: false };
  return {
    ...meter,
    ...(awsBudget !== undefined && { awsBudget }),
    ...(costAllocationTag !== undefined && { costAllocationTag }),
    ...(deniedRoles && { deniedRoles }),
  };
}

const alarmsArbitrary = fc.record({ emails: fc.constantFrom([], ["ops@example.com"]) });

const wakeOnDemandArbitrary = fc.record({
  enabled: fc.boolean(),
  named: fc.boolean(),
  empty: fc.boolean(),
  app: fc.option(fc.record({ id: fc.integer({ min: 1 }), installationId: fc.integer({ min: 1 }) })),
});

/** Every valid configuration that these leaves can form. The environment is never `local`. */
export const configurationArbitrary: fc.Arbitrary<WrittenConfiguration> = fc
  .record({
    environment: shortName.map((name) => (name === "local" ? "dev" : name)),
    aws: awsArbitrary,
    scope: scopeArbitrary,
    network: fc.option(networkArbitrary, { nil: undefined }),
    tags: fc.option(tagsWith(...tagValues), { nil: undefined }),
    fleets: fc.dictionary(shortName, fleetArbitrary, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    smokeTest: fc.option(smokeTestArbitrary, { nil: undefined }),
    agent: fc.option(agentArbitrary, { nil: undefined }),
    alarms: fc.option(alarmsArbitrary, { nil: undefined }),
    budget: fc.option(budgetArbitrary, { nil: undefined }),
    wakeOnDemand: fc.option(wakeOnDemandArbitrary, { nil: undefined }),
  })
  .map(
    ({ environment, aws, scope, network, tags, fleets, smokeTest, agent, alarms, budget, wakeOnDemand }) => {
      const repository = scope.smokeRepository === undefined ? {} : { repository: scope.smokeRepository };
      const smoke = { ...smokeTest, ...repository };
      const isWoken = wakeOnDemand?.enabled === true && hasFunctionUrls(aws.region);
      return {
        environment,
        raw: {
          aws,
          github: scope.github,
          fleets: pricedIn(aws.region, fleets),
          ...(tags && { tags }),
          ...(alarms && { alarms }),
          ...(budget && { budget: budgetIn(aws.region, budget) }),
          ...(network && { network }),
          ...(Object.keys(smoke).length > 0 && { smokeTest: smoke }),
          ...(agent && { agent }),
          ...(wakeOnDemand && {
            wakeOnDemand: {
              enabled: isWoken,
              // The smoke test's repository must be one that may use the group.
              ...(wakeOnDemand.named &&
                repository.repository !== undefined && { repositories: [repository.repository] }),
              // The sweep must know which repositories to ask about: the one repository, or named ones.
              ...(wakeOnDemand.app &&
                isWoken &&
                (wakeOnDemand.named || repository.repository === undefined) && { app: wakeOnDemand.app }),
              ...(wakeOnDemand.empty && { emptyLabels: Object.keys(fleets)[0] }),
            },
          }),
        },
      };
    },
  );

/** The same fleets, with a price for each type that is not in the table. */
function pricedIn<Fleet extends { instanceType: string; priceUsdPerHour?: number }>(
  region: string,
  fleets: Readonly<Record<string, Fleet>>,
): Record<string, Fleet> {
  return Object.fromEntries(
    Object.entries(fleets).map(([name, fleet]) =>
      machinePrice(fleet.instanceType, region) === undefined
        ? [name, { priceUsdPerHour: 1, ...fleet }]
        : [name, fleet],
    ),
  );
}
