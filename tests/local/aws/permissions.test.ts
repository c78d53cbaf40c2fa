import {
  CreateTagsCommand,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { Tag } from "@aws-sdk/client-ec2";
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { fleetParameters, tokenParameter, usedToken } from "../../../contract/parameters.ts";
import type { Instance } from "../../../local/aws/state.ts";
import { refusal, region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

describe("a machine's role, as the stack writes it", () => {
  let cloud: TestCloud;
  let machine: Instance;
  let other: Instance;
  const tokenOf = ({ id }: Instance) => tokenParameter("dev", "cloud", id);

  before(async () => {
    cloud = await startTestCloud();
    machine = await cloud.machine();
    other = await cloud.machine();
    for (const each of [machine, other]) {
      await cloud.make("parameter", {
        name: tokenOf(each),
        type: "SecureString",
        value: `token of ${each.id}`,
        tags: { "longhaul:instance": each.id },
      });
    }
    const { roster } = fleetParameters("dev", "cloud");
    await cloud.make("parameter", { name: roster, type: "String", value: "{}" });
  });
  after(() => cloud.close());

  const read = (name: string) =>
    cloud.clients(machine).ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
  const tag = (id: string, ...Tags: Tag[]) =>
    cloud.clients(machine).ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));

  it("lets it read its own token, and overwrite it", async () => {
    const { Parameter } = await read(tokenOf(machine));
    expect(Parameter?.Value).to.equal(`token of ${machine.id}`);
    const overwrite = { Name: tokenOf(machine), Value: usedToken, Overwrite: true };
    await cloud.clients(machine).ssm.send(new PutParameterCommand(overwrite));
    expect(cloud.aws.account.parameters[tokenOf(machine)]).to.include({
      value: usedToken,
      type: "SecureString",
    });
  });

  it("lets it read the token that it has overwritten until the parameter is deleted, and not create it again", async () => {
    const name = tokenOf(machine);
    expect((await read(`${name}:1`)).Parameter?.Value).to.equal(`token of ${machine.id}`);
    expect(await refusal(read(`${tokenOf(other)}:1`))).to.equal("AccessDeniedException");
    const { ssm } = cloud.clients();
    await ssm.send(new DeleteParameterCommand({ Name: name }));
    const write = new PutParameterCommand({ Name: name, Value: "x", Type: "SecureString" });
    expect(await refusal(cloud.clients(machine).ssm.send(write))).to.equal("AccessDeniedException");
    const Tags = [{ Key: "longhaul:instance", Value: machine.id }];
    await ssm.send(new PutParameterCommand({ Name: name, Value: usedToken, Type: "SecureString", Tags }));
    expect((await read(`${name}:1`)).Parameter?.Value).to.equal(usedToken);
  });

  it("does not let it read another machine's token, nor overwrite it", async () => {
    expect(await refusal(read(tokenOf(other)))).to.equal("AccessDeniedException");
    const overwrite = new PutParameterCommand({ Name: tokenOf(other), Value: "x", Overwrite: true });
    expect(await refusal(cloud.clients(machine).ssm.send(overwrite))).to.equal("AccessDeniedException");
  });

  it("lets it read its fleet's lists, and no others", async () => {
    const lists = (fleet: string) =>
      cloud
        .clients(machine)
        .ssm.send(new GetParametersCommand({ Names: [fleetParameters("dev", fleet).roster] }));
    expect((await lists("cloud")).Parameters).to.have.length(1);
    expect(await refusal(lists("other"))).to.equal("AccessDeniedException");
  });

  it("lets it tag itself with what it reports, and nothing else", async () => {
    const state = { Key: "longhaul:state", Value: "idle" };
    await tag(machine.id, state);
    expect(machine.tags["longhaul:state"]).to.equal("idle");
    expect(await refusal(tag(other.id, state))).to.equal("UnauthorizedOperation");
    const forged = { Key: "longhaul:fleet", Value: "another" };
    expect(await refusal(tag(machine.id, state, forged))).to.equal("UnauthorizedOperation");
  });

  it("lets it change its own shutdown behaviour, not its locks and not another's", async () => {
    const { ec2 } = cloud.clients(machine);
    const behavior = (id: string) =>
      ec2.send(
        new ModifyInstanceAttributeCommand({
          InstanceId: id,
          InstanceInitiatedShutdownBehavior: { Value: "terminate" },
        }),
      );
    await behavior(machine.id);
    expect(machine.shutdownBehavior).to.equal("terminate");
    expect(await refusal(behavior(other.id))).to.equal("UnauthorizedOperation");
    const unlock = { InstanceId: machine.id, DisableApiTermination: { Value: false } };
    expect(await refusal(ec2.send(new ModifyInstanceAttributeCommand(unlock)))).to.equal(
      "UnauthorizedOperation",
    );
  });

  it("lets it neither start nor end machines", async () => {
    const { ec2 } = cloud.clients(machine);
    const ids = { InstanceIds: [machine.id] };
    expect(await refusal(ec2.send(new StartInstancesCommand(ids)))).to.equal("UnauthorizedOperation");
    expect(await refusal(ec2.send(new TerminateInstancesCommand(ids)))).to.equal("UnauthorizedOperation");
  });

  it("accepts its key only with its own session token", async () => {
    const { accessKeyId, secretAccessKey } = cloud.aws.credentialsOf(machine.id)!;
    const { token } = cloud.aws.credentialsOf(other.id)!;
    const ssm = new SSMClient({
      endpoint: cloud.url,
      region,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey, sessionToken: token! },
    });
    const call = ssm.send(new GetParameterCommand({ Name: tokenOf(machine) }));
    expect(await refusal(call)).to.equal("UnrecognizedClientException");
    ssm.destroy();
  });

  it("ends with its machine: the credentials of a terminated machine are unknown", async () => {
    const gone = await cloud.machine({ instanceInitiatedShutdownBehavior: "terminate" });
    const { ssm } = cloud.clients(gone);
    cloud.host.goDown(gone.id, "poweroff");
    const call = ssm.send(new GetParameterCommand({ Name: tokenOf(gone) }));
    expect(await refusal(call)).to.equal("UnrecognizedClientException");
  });
});
