import { Table } from "@pulumi/aws/dynamodb/table.js";
import { FunctionUrl } from "@pulumi/aws/lambda/functionUrl.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import { Command } from "@pulumi/command/local/command.js";
import { OrganizationWebhook } from "@pulumi/github/organizationWebhook.js";
import { RepositoryWebhook } from "@pulumi/github/repositoryWebhook.js";
import * as pulumi from "@pulumi/pulumi";
import { repositoryOf } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { functionName, waitingJobsTable } from "../../contract/names.ts";
import { webhookSecretParameter } from "../../contract/parameters.ts";
import { queueUrlVariable } from "../../contract/receiver.ts";
import type { AlarmTopic } from "../alarm-topic/alarm-topic.ts";
import { createCloudFunction } from "../lambda/cloud-function.ts";
import { commandLine } from "../commands/commands.ts";
import { receiverConfiguration } from "./receiver-configuration.ts";
import { receiverStatements } from "./receiver-policy.ts";
import { environmentTags } from "../../contract/resource-tags.ts";

/** GitHub waits ten seconds for an answer. */
const timeoutSeconds = 10;

/** The controller's queue, as far as hints are sent to it. */
export interface ControllerQueue {
  arn: string;
  url: pulumi.Input<string>;
}

export interface WakeOnDemandArgs {
  environment: string;
  configuration: Configuration;
  queue: ControllerQueue;
  /** Is notified when calls of the function fail repeatedly. Absent: no notification. */
  topic?: AlarmTopic;
}

/**
 * How the environment learns that a job is queued: a webhook at GitHub, a
 * function that checks and records its deliveries, and the table of waiting jobs.
 * The controller decides whether a machine is started for them.
 */
export class WakeOnDemand extends pulumi.ComponentResource {
  /** The table of waiting jobs. Its name follows from the environment's. */
  readonly table: Table;
  /** The address for GitHub's deliveries. It is not secret: unsigned deliveries are refused. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: WakeOnDemandArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:WakeOnDemand", name, {}, opts);
    const { environment, configuration, queue, topic } = args;
    const { aws, github } = configuration;
    const child = { parent: this };

    const secret = makeSecret();
    const parameter = createSecretParameter();
    const table = createTable();
    const url = new FunctionUrl(
      functionName(environment, "receiver"),
      { functionName: createReceiver(this).name, authorizationType: "NONE" }, // GitHub's deliveries have a signature of their own.
      child,
    );
    createWebhook();

    this.table = table;
    this.url = url.functionUrl;
    this.registerOutputs({ url: this.url });

    /**
     * Made once, with the Command; the state keeps it encrypted. Replacing the
     * Command (`pulumi up --replace`) makes another secret, and brings it to the
     * parameter and to GitHub.
     */
    function makeSecret(): pulumi.Output<string> {
      const made = new Command(
        `${name}-webhook-secret`,
        { create: commandLine("webhook-secret"), logging: "none" },
        { ...child, ignoreChanges: ["*"], additionalSecretOutputs: ["stdout"] },
      );
      return pulumi.secret(made.stdout);
    }

    function createSecretParameter() {
      return new Parameter(
        `${name}-webhook-secret`,
        {
          name: webhookSecretParameter(environment),
          type: "SecureString",
          value: secret,
          ...(aws.kmsKeyArn !== undefined && { keyId: aws.kmsKeyArn }),
          tags: environmentTags(environment, `${name}-webhook-secret`, configuration.tags),
        },
        child,
      );
    }

    /** Encrypted at rest, as every table is, with a key of DynamoDB's own: it holds names of repositories and labels. */
    function createTable() {
      const tableName = waitingJobsTable(environment);
      return new Table(
        tableName,
        {
          name: tableName,
          billingMode: "PAY_PER_REQUEST",
          hashKey: "id",
          attributes: [{ name: "id", type: "S" }],
          ttl: { attributeName: "expiresAt", enabled: true },
          tags: environmentTags(environment, tableName, configuration.tags),
        },
        child,
      );
    }

    function createReceiver(parent: pulumi.Resource) {
      return createCloudFunction(
        {
          environment,
          configuration,
          name: "receiver",
          description: `Receives GitHub's webhook for the Longhaul environment ${environment}`,
          statements: receiverStatements(environment, aws, queue.arn),
          plain: receiverConfiguration(environment, configuration),
          variables: { [queueUrlVariable]: queue.url },
          timeoutSeconds,
          ...(topic && { topic }),
        },
        parent,
      );
    }

    /** GitHub delivers a ping as soon as the webhook exists: by then everything else does. */
    function createWebhook() {
      const repository = repositoryOf(github);
      const hook = {
        active: true,
        events: ["workflow_job"],
        configuration: { url: url.functionUrl, contentType: "json", insecureSsl: false, secret },
      };
      const options = { ...child, dependsOn: [parameter, table] };
      if (repository === undefined) new OrganizationWebhook(name, hook, options);
      else new RepositoryWebhook(name, { ...hook, repository }, options);
    }
  }
}
