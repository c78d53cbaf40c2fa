import {
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import type { PutParameterCommandInput } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { createClients, refusal } from "./target.ts";
import type { Case, Clients } from "./target.ts";

const put = ({ ssm }: Clients, input: PutParameterCommandInput) => ssm.send(new PutParameterCommand(input));
const get = async ({ ssm }: Clients, name: string, decrypt = false) =>
  (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: decrypt }))).Parameter;

const ssmCases: readonly Case[] = [
  {
    title: "a parameter is overwritten only when the call asks for it, and its version rises",
    run: async (clients) => {
      await put(clients, { Name: "/longhaul/a", Value: "1", Type: "String" });
      const again = put(clients, { Name: "/longhaul/a", Value: "2", Type: "String" });
      expect(await refusal(again)).to.equal("ParameterAlreadyExists");
      expect(await put(clients, { Name: "/longhaul/a", Value: "3", Overwrite: true })).to.include({
        Version: 2,
      });
      const parameter = await get(clients, "/longhaul/a");
      expect(parameter).to.include({ Name: "/longhaul/a", Value: "3", Type: "String", Version: 2 });
      expect(parameter?.LastModifiedDate).to.be.instanceOf(Date);
    },
  },
  {
    title: "a SecureString is in plain text only for a caller that asks for decryption",
    run: async (clients) => {
      await put(clients, { Name: "/longhaul/secret", Value: "s3cret", Type: "SecureString" });
      expect((await get(clients, "/longhaul/secret"))?.Value).not.to.contain("s3cret");
      expect((await get(clients, "/longhaul/secret", true))?.Value).to.equal("s3cret");
    },
    motoDiffers: "moto shows the text behind `kms:alias/aws/ssm:`; AWS shows what KMS made of it",
  },
  {
    title: "an overwritten value can still be read by its version, until the parameter is deleted",
    run: async (clients) => {
      const Name = "/longhaul/versions";
      await put(clients, { Name, Value: "token", Type: "SecureString" });
      await put(clients, { Name, Value: "used", Overwrite: true, Type: "SecureString" });
      const first = await get(clients, `${Name}:1`, true);
      expect(first).to.include({ Name, Value: "token", Version: 1 });
      expect(await get(clients, `${Name}:2`, true)).to.include({ Value: "used", Version: 2 });
      expect(await refusal(get(clients, `${Name}:3`))).to.equal("ParameterVersionNotFound");
      const history = new GetParameterHistoryCommand({ Name, WithDecryption: true });
      const { Parameters: versions = [] } = await clients.ssm.send(history);
      expect(versions.map(({ Value, Version }) => [Version, Value])).to.deep.equal([
        [1, "token"],
        [2, "used"],
      ]);

      await clients.ssm.send(new DeleteParameterCommand({ Name }));
      await put(clients, { Name, Value: "used", Type: "SecureString" });
      expect(await get(clients, `${Name}:1`, true)).to.include({ Value: "used", Version: 1 });
      expect(await refusal(get(clients, `${Name}:2`))).to.equal("ParameterVersionNotFound");
    },
  },
  {
    title: "a parameter's history holds its last hundred versions, fifty in an answer",
    run: async (clients) => {
      const Name = "/longhaul/long-history";
      for (let version = 1; version <= 101; version += 1) {
        await put(clients, { Name, Value: `v${version}`, Type: "String", Overwrite: version > 1 });
      }
      expect(await refusal(get(clients, `${Name}:1`))).to.equal("ParameterVersionNotFound");
      const read = (NextToken?: string) =>
        clients.ssm.send(new GetParameterHistoryCommand({ Name, ...(NextToken && { NextToken }) }));
      const { Parameters: older = [], NextToken } = await read();
      const { Parameters: newer = [] } = await read(NextToken);
      const versions = [...older, ...newer].map(({ Version }) => Version);
      expect([older.length, newer.length]).to.deep.equal([50, 50]);
      expect([versions[0], versions.at(-1)]).to.deep.equal([2, 101]);
    },
  },
  {
    title: "several parameters are read at once, and unknown names are listed separately",
    run: async (clients) => {
      await put(clients, { Name: "/longhaul/b", Value: "x", Type: "String" });
      const answer = await clients.ssm.send(
        new GetParametersCommand({ Names: ["/longhaul/b", "/longhaul/none"] }),
      );
      expect(answer.Parameters?.map(({ Value }) => Value)).to.deep.equal(["x"]);
      expect(answer.InvalidParameters).to.deep.equal(["/longhaul/none"]);
      const eleven = Array.from({ length: 11 }, (_, index) => `/longhaul/${index}`);
      const tooMany = clients.ssm.send(new GetParametersCommand({ Names: eleven }));
      expect(await refusal(tooMany)).to.equal("ValidationException");
    },
  },
  {
    title: "a parameter that does not exist is neither read nor deleted",
    run: async (clients) => {
      const remove = (name: string) => clients.ssm.send(new DeleteParameterCommand({ Name: name }));
      expect(await refusal(get(clients, "/longhaul/none"))).to.equal("ParameterNotFound");
      expect(await refusal(remove("/longhaul/none"))).to.equal("ParameterNotFound");
      await put(clients, { Name: "/longhaul/c", Value: "x", Type: "String" });
      await remove("/longhaul/c");
      expect(await refusal(get(clients, "/longhaul/c"))).to.equal("ParameterNotFound");
    },
  },
  {
    title: "a parameter's tags are added, and never in a write that overwrites",
    run: async (clients) => {
      const Tags = [{ Key: "longhaul:instance", Value: "i-1" }];
      await put(clients, { Name: "/longhaul/d", Value: "x", Type: "String", Tags });
      await clients.ssm.send(
        new AddTagsToResourceCommand({ ResourceType: "Parameter", ResourceId: "/longhaul/d", Tags }),
      );
      const both = put(clients, { Name: "/longhaul/d", Value: "y", Overwrite: true, Tags });
      expect(await refusal(both)).to.equal("ValidationException");
    },
  },
  {
    title: "a standard parameter holds at most 4096 characters",
    run: async (clients) => {
      const long = put(clients, { Name: "/longhaul/long", Value: "x".repeat(4097), Type: "String" });
      expect(await refusal(long)).to.equal("ValidationException");
    },
    motoDiffers: "moto takes values of any length; AWS's standard tier 4096 characters",
  },
  {
    title: "Canonical's parameter names an image",
    run: async (clients) => {
      const name = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";
      expect((await get(clients, name))?.Value).to.match(/^ami-/);
    },
    motoDiffers: "moto has no parameters of Canonical's; AWS has them in every region",
  },
];

/** Two values in one minute and one in the next, published and read with either protocol. */
async function meter(client: CloudWatchClient, namespace: string): Promise<void> {
  const start = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 600_000);
  const at = (seconds: number) => new Date(start.getTime() + seconds * 1000);
  const Dimensions = [{ Name: "Runner", Value: `${namespace}-1` }];
  const datum = (seconds: number, Value: number) => ({
    MetricName: "Busy",
    Dimensions,
    Timestamp: at(seconds),
    Value,
    Unit: "Count" as const,
  });
  await client.send(
    new PutMetricDataCommand({
      Namespace: namespace,
      MetricData: [
        datum(1, 1),
        datum(20, 4),
        datum(70, 2),
        { ...datum(20, 8), Dimensions: [{ Name: "Runner", Value: "another" }] },
      ],
    }),
  );
  const span = { StartTime: start, EndTime: at(120) };
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace: namespace,
      MetricName: "Busy",
      Dimensions,
      ...span,
      Period: 60,
      Statistics: ["Sum", "Maximum"],
    }),
  );
  const sorted = Datapoints.sort((a, b) => a.Timestamp!.getTime() - b.Timestamp!.getTime());
  expect(sorted.map(({ Sum, Maximum }) => [Sum, Maximum])).to.deep.equal([
    [5, 4],
    [2, 2],
  ]);
  const { MetricDataResults: [result] = [] } = await client.send(
    new GetMetricDataCommand({
      ...span,
      MetricDataQueries: [
        {
          Id: "busy",
          MetricStat: {
            Metric: { Namespace: namespace, MetricName: "Busy", Dimensions },
            Period: 60,
            Stat: "Sum",
          },
        },
      ],
    }),
  );
  expect(result?.Values).to.deep.equal([2, 5]);
  expect(result?.Timestamps?.[1]?.getTime()).to.equal(start.getTime());
}

const cloudwatchCases: readonly Case[] = [
  { title: "metrics add up by the minute", run: ({ cloudwatch }) => meter(cloudwatch, "Longhaul") },
  {
    title: "metrics add up by the minute for clients of the query protocol",
    run: ({ cloudwatchByQuery }) => meter(cloudwatchByQuery, "LonghaulQuery"),
  },
  {
    title: "log events are read by stream and found by their words",
    run: async ({ logs }) => {
      const group = { logGroupName: "/longhaul/dev/cloud" };
      const stream = { ...group, logStreamName: "dev-cloud-1-i-1" };
      const write = (...messages: string[]) =>
        logs.send(
          new PutLogEventsCommand({
            ...stream,
            logEvents: messages.map((message, index) => ({ message, timestamp: Date.now() + index })),
          }),
        );
      expect(await refusal(write("early"))).to.equal("ResourceNotFoundException");
      await logs.send(new CreateLogGroupCommand(group));
      expect(await refusal(logs.send(new CreateLogGroupCommand(group)))).to.equal(
        "ResourceAlreadyExistsException",
      );
      await logs.send(new CreateLogStreamCommand(stream));
      expect(await refusal(logs.send(new CreateLogStreamCommand(stream)))).to.equal(
        "ResourceAlreadyExistsException",
      );
      await write('{"result":"Succeeded"}', '{"result":"Failed"}');
      const { events = [] } = await logs.send(new GetLogEventsCommand({ ...stream, startFromHead: true }));
      expect(events.map(({ message }) => message)).to.deep.equal([
        '{"result":"Succeeded"}',
        '{"result":"Failed"}',
      ]);
      const failed = await logs.send(new FilterLogEventsCommand({ ...group, filterPattern: '"Failed"' }));
      expect(failed.events?.map(({ logStreamName }) => logStreamName)).to.deep.equal([stream.logStreamName]);
    },
  },
];

const identityCases: readonly Case[] = [
  {
    title: "the caller can ask for its account",
    run: async ({ sts }, { account }) => {
      expect((await sts.send(new GetCallerIdentityCommand({}))).Account).to.equal(account);
    },
  },
  {
    title: "an unknown access key is refused, by each service in its own words",
    run: async (_clients, { endpoint }) => {
      const credentials = { accessKeyId: "AKIAUNKNOWNUNKNOWN00", secretAccessKey: "x" };
      const { ec2, sts, ssm, logs, cloudwatchByQuery } = createClients({ endpoint, credentials });
      expect(await refusal(ec2.send(new DescribeInstancesCommand({})))).to.equal("AuthFailure");
      expect(await refusal(sts.send(new GetCallerIdentityCommand({})))).to.equal("InvalidClientTokenId");
      const byJson = ssm.send(new GetParameterCommand({ Name: "/x" }));
      expect(await refusal(byJson)).to.equal("UnrecognizedClientException");
      const metrics = new PutMetricDataCommand({
        Namespace: "n",
        MetricData: [{ MetricName: "m", Value: 1 }],
      });
      expect(await refusal(cloudwatchByQuery.send(metrics))).to.equal("InvalidClientTokenId");
      for (const client of [ec2, sts, ssm, logs, cloudwatchByQuery]) client.destroy();
    },
    motoDiffers: "moto's server accepts any key by default; AWS looks it up",
  },
  {
    title: "a wrong secret is refused",
    run: async (_clients, { endpoint, credentials }) => {
      const { ec2, ssm } = createClients({
        endpoint,
        credentials: { ...credentials, secretAccessKey: "wrong" },
      });
      expect(await refusal(ec2.send(new DescribeInstancesCommand({})))).to.match(
        /SignatureDoesNotMatch|AuthFailure/,
      );
      const byJson = ssm.send(new GetParameterCommand({ Name: "/x" }));
      expect(await refusal(byJson)).to.equal("InvalidSignatureException");
      for (const client of [ec2, ssm]) client.destroy();
    },
    motoDiffers: "moto verifies no signatures; AWS does",
  },
];

/** Everything but EC2. */
export const serviceCases: readonly Case[] = [...ssmCases, ...cloudwatchCases, ...identityCases];
