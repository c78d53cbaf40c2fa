import { checksumOf, registrationUrl, serviceEndpoint, tarballUrl } from "../../config/derive.ts";
import type { Configuration, FleetConfiguration, NetworkConfiguration } from "../../config/schema.ts";
import type { MachineConfiguration } from "../../contract/machine.ts";

/** What one machine of a fleet is told at its creation: plain values, and no secret among them. */
export function machineConfiguration(
  machine: { environment: string; fleet: string; runner: string },
  configuration: Configuration,
  fleet: FleetConfiguration,
): MachineConfiguration {
  const { aws, github, network, agent } = configuration;
  return {
    ...machine,
    instanceType: fleet.instanceType,
    aws: {
      account: aws.account,
      region: aws.region,
      endpoints: {
        ec2: serviceEndpoint(aws, "ec2"),
        ssm: serviceEndpoint(aws, "ssm"),
        monitoring: serviceEndpoint(aws, "monitoring"),
        logs: serviceEndpoint(aws, "logs"),
      },
      ...(aws.kmsKeyArn !== undefined && { kmsKeyArn: aws.kmsKeyArn }),
    },
    github: {
      registrationUrl: registrationUrl(github),
      ...(github.runnerGroup && { runnerGroup: github.runnerGroup.name }),
    },
    runnerSoftware: {
      version: fleet.runner.version,
      url: tarballUrl(fleet),
      sha256: checksumOf(fleet),
      selfUpdate: fleet.runner.selfUpdate,
    },
    user: fleet.image.user,
    baked: fleet.image.baked,
    docker: fleet.docker,
    dockerLiveRestore: fleet.dockerLiveRestore,
    sudo: fleet.sudo,
    bootSteps: fleet.bootSteps,
    everyBoot: fleet.everyBoot,
    ...connection(network),
    ...agent,
  };
}

function connection({
  proxy,
  caBundle,
}: NetworkConfiguration): Pick<MachineConfiguration, "proxy" | "caBundle"> {
  return {
    ...(proxy && {
      proxy: {
        ...(proxy.http !== undefined && { http: proxy.http }),
        ...(proxy.https !== undefined && { https: proxy.https }),
        noProxy: proxy.noProxy,
      },
    }),
    ...(caBundle !== undefined && { caBundle }),
  };
}
