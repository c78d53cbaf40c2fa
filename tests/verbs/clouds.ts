import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { loadConfiguration } from "../../config/load.ts";
import type { WritePace } from "../../cli/clients/write-pace.ts";
import type { VerbContext } from "../../cli/context.ts";
import type { Environment } from "../../cli/environment.ts";
import { machineName } from "../../contract/names.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../../contract/override.ts";
import {
  fleetParameters,
  formatMachineList,
  knownMachinesParameter,
  tokenParameter,
} from "../../contract/parameters.ts";
import type { DeclaredMachine, SmokeSource, Target } from "../../contract/requests.ts";
import { initialKnownMachines } from "../../contract/known-machines.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { createAws } from "../../local/aws/index.ts";
import { defaultTokens } from "../../local/github/options.ts";
import { versionsOf } from "../../local/aws/parameters.ts";
import type { Properties } from "../../local/provider.ts";
import { createFakeHost } from "../local/aws/fake-host.ts";
import { startGithub } from "../local/github/cloud.ts";
import { connect } from "../local/github/scripted-runner.ts";

export const account = "123456789012";
export const region = "eu-central-1";
export const githubToken = "local-github-token";
/** A token with the same permissions, except that it may not write workflow files. */
export const tokenWithoutWorkflows = "local-github-token-without-workflows";
export const smoke: SmokeSource = { owner: "acme", repository: "app", workflow: "longhaul-smoke.yml" };
export const fleet = "cloud";
export const parameters = fleetParameters("dev", fleet);

/** A verb's run: what it printed and its exit code. */
export interface VerbOutcome {
  code: number;
  /** Standard output, one item per result. */
  results: string[];
  /** Standard error. */
  said: string;
}

/**
 * An emulated AWS and GitHub, and the operator's command. No real time passes:
 * while a verb sleeps, the clouds' clock is moved, and the next event of
 * `meanwhile` happens.
 */
export async function startClouds() {
  // Verbs import their modules when they are called. The loader keeps modules that are imported in this way
  // apart from those that a test file imports, and errors are recognised by their class.
  const { connectAws } = await import("../../cli/clients/aws.ts");
  const { connectGithub } = await import("../../cli/clients/github.ts");
  const { run } = await import("../../cli/program.ts");
  const host = createFakeHost();
  const tokens = {
    ...defaultTokens,
    [tokenWithoutWorkflows]: { login: "longhaul", scopes: ["repo", "admin:org"] },
  } as const;
  const github = await startGithub({}, { tokens });
  const { clock } = github;
  const aws = createAws({ clock, account, region, host });
  const awsServer = await aws.listen();
  github.github.push("acme/app", `.github/workflows/${smoke.workflow}`, smokeWorkflow());

  const create = async (type: string, inputs: Properties) => aws.provider.types[type]!.create(inputs, {});
  const vpc = (await create("aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" })).id;
  const place = { vpcId: vpc, cidrBlock: "10.0.0.0/24", availabilityZone: `${region}a` };
  const subnet = (await create("aws:ec2/subnet:Subnet", place)).id;
  const group = (await create("aws:ec2/securityGroup:SecurityGroup", { vpcId: vpc, name: "dev" })).id;
  const profile = await create("aws:iam/instanceProfile:InstanceProfile", {
    name: "dev-cloud",
    role: "none",
  });

  const { url } = awsServer;
  const serviceUrls = { ec2: url, ssm: url, sts: url, logs: url };
  const target: Target = {
    environment: "dev",
    aws: { account, region, endpoints: serviceUrls },
    github: { apiUrl: `${github.url}/api/v3`, url: github.url, owner: "acme", repository: "app" },
  };
  const credentials = process.env;
  process.env = {
    ...credentials,
    AWS_ACCESS_KEY_ID: aws.operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.operator.secretAccessKey,
  };

  const environment: Environment = {
    name: "dev",
    configuration: loadConfiguration("dev", {
      aws: { account, region, endpoints: target.aws.endpoints },
      github: { repository: "acme/app", url: github.url },
      fleets: { [fleet]: { runners: 2 } },
    }),
    target,
    project: "/nowhere",
    stackFile: "/nowhere/Pulumi.dev.yaml",
  };
  const overwriteToken = ({ instanceId }: DeclaredMachine, value: string) => {
    const name = tokenParameter("dev", fleet, instanceId);
    return create("aws:ssm/parameter:Parameter", { name, type: "SecureString", value, overwrite: true });
  };
  const answers: boolean[] = [];
  const meanwhile: (() => unknown)[] = [];
  let token: string | undefined = githubToken;

  return {
    aws,
    host,
    github: github.github,
    githubUrl: github.url,
    clock,
    target,
    smokeWorkflow: smokeWorkflow(),
    network: { vpcId: vpc, securityGroupId: group },
    instanceProfileArn: String(profile.state.arn),
    /** Events for the next sleeps of verbs, one for each sleep. */
    meanwhile: (...events: (() => unknown)[]) => meanwhile.push(...events),
    /** The next answers of the person at the terminal, in order. After them the answer is no. */
    answer: (...given: boolean[]) => answers.push(...given),
    /** The environment that verbs open. */
    environment,
    /** Lets real seconds pass for everything on GitHub's wire. */
    passWireSeconds: github.passWireSeconds,
    useToken: (next: string | undefined) => {
      token = next;
    },

    launch: async (number = 1, own: Record<string, string> = {}): Promise<DeclaredMachine> => {
      const runner = `dev-${fleet}-${number}`;
      const machineTags = {
        [tags.project]: projectTag,
        [tags.environment]: "dev",
        [tags.fleet]: fleet,
        [tags.runner]: runner,
        ...own,
      };
      const { id } = await create("aws:ec2/instance:Instance", {
        ami: "ami-0a10ca1c10ad24041",
        instanceType: "m5.xlarge",
        subnetId: subnet,
        vpcSecurityGroupIds: [group],
        iamInstanceProfile: "dev-cloud",
        userDataBase64: "",
        disableApiStop: true,
        disableApiTermination: true,
        tags: machineTags,
        volumeTags: machineTags,
      });
      return { runner, instanceId: id };
    },
    instance: (id: string) => aws.account.instances[id]!,
    /** Writes the report of a machine into its tags. */
    report: ({ instanceId }: DeclaredMachine, state: string, more: Record<string, string> = {}) =>
      Object.assign(aws.account.instances[instanceId]!.tags, { [tags.state]: state, ...more }),
    /** Registers a machine and lets its listener poll, so that its runner can take jobs. */
    connect: (machine: DeclaredMachine, more: { name?: string; labels?: string[] } = {}) =>
      connect(github, more.name ?? machineName(machine.runner, machine.instanceId), {
        labels: more.labels ?? [machineName(machine.runner, machine.instanceId)],
        noDefaultLabels: true,
      }),
    entry: ({ runner, instanceId }: DeclaredMachine) =>
      github.github.runners().find(({ name }) => name === machineName(runner, instanceId)),
    writeParameter: (name: string, value: string) =>
      create("aws:ssm/parameter:Parameter", { name, type: "String", value, overwrite: true }),
    writeLists: async (candidates: string[], roster: string[]) => {
      const put = (name: string, value: string) =>
        create("aws:ssm/parameter:Parameter", { name, type: "String", value, overwrite: true });
      await put(parameters.candidates, formatMachineList(candidates));
      await put(parameters.roster, formatMachineList(roster));
      await put(parameters.override, formatOverrideSetting(initialOverrideSetting));
      const seen = knownMachinesParameter("dev", fleet);
      if (!aws.account.parameters[seen]) await put(seen, initialKnownMachines);
    },
    /** Creates a machine's token parameter as the stack does, then overwrites it. */
    writeToken: async (machine: DeclaredMachine, value: string, ...later: string[]) => {
      const { instanceId } = machine;
      const own = { name: tokenParameter("dev", fleet, instanceId), tags: { [tags.instance]: instanceId } };
      await create("aws:ssm/parameter:Parameter", { ...own, type: "SecureString", value });
      for (const next of later) await overwriteToken(machine, next);
    },
    overwriteToken,
    /** All versions of its token parameter that the machine's role can read, oldest first; empty without a parameter. */
    tokenVersions: ({ instanceId }: DeclaredMachine): string[] => {
      const parameter = aws.account.parameters[tokenParameter("dev", fleet, instanceId)];
      return parameter ? versionsOf(parameter).map(({ value }) => value) : [];
    },
    deleteParameter: (name: string) => {
      Reflect.deleteProperty(aws.account.parameters, name);
    },
    parameter: (name: string) => aws.account.parameters[name]?.value,

    /** Runs `longhaul <args>` with a request. */
    longhaul: async (args: string[], request?: unknown): Promise<VerbOutcome> => {
      const results: string[] = [];
      const said: string[] = [];
      const say = (line: string) => void said.push(line);
      const context: VerbContext = {
        request: request === undefined || typeof request === "string" ? request : JSON.stringify(request),
        clock: {
          now: () => clock.now(),
          sleep: async (milliseconds) => {
            clock.advance(milliseconds);
            await meanwhile.shift()?.();
          },
        },
        isCi: false,
        output: { result: (text) => void results.push(text), say, progress: say },
        openEnvironment: () => Promise.resolve(environment),
        confirm: (question) => {
          say(question);
          return Promise.resolve(answers.shift() ?? false);
        },
        connectAws,
        connectGithub: (place) =>
          Promise.resolve(
            token === undefined
              ? undefined
              : connectGithub(place, { kind: "token", token }, { say, secondMs: 1, pace: unpaced }),
          ),
        openEngine: () => Promise.reject(new Error("these tests need no engine")),
        watchInterruption: () => {
          throw new Error("these tests interrupt nothing");
        },
        loadLocal: () => Promise.reject(new Error("these tests need no local cloud")),
      };
      const code = await run(args, context);
      return { code, results, said: said.join("\n") };
    },
    close: async () => {
      process.env = credentials;
      await Promise.all([awsServer.close(), github.close()]);
    },
  };
}

export type Clouds = Awaited<ReturnType<typeof startClouds>>;

/** Inputs, title and labels of the real workflow. It is short, because the emulated GitHub parses it at each request. */
function smokeWorkflow(): string {
  const text = readFileSync(createRequire(import.meta.url).resolve("#smoke-workflow"), "utf8");
  return `${text.slice(0, text.indexOf("    env:"))}    steps: [{ run: "true" }]\n`;
}

/** Lets each write to GitHub happen at once. */
export const unpaced: WritePace = { turn: () => Promise.resolve() };
