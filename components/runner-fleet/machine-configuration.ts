import { checksumOf, registrationUrl, serviceEndpoint, tarballUrl } from "../../config/derive.ts";
import type { Configuration, FleetConfiguration } from "../../config/schema.ts";
import type { MachineConfiguration } from "../../contract/machine.ts";
import { written } from "../../contract/written.ts";

/** The configuration of one machine of a fleet at its creation: plain values, without secrets. */
export function machineConfiguration(
  machine: { environment: string; fleet: string; runner: string },
  configuration: Configuration,
  fleet: FleetConfiguration,
): MachineConfiguration {
  const { aws, github, network, agent } = configuration;
  const { proxy, caBundle } = network;
  return written<MachineConfiguration>({
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
      kmsKeyArn: aws.kmsKeyArn,
    },
    github: {
      registrationUrl: registrationUrl(github),
      runnerGroup: github.runnerGroup?.name,
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
    proxy: proxy && { http: proxy.http, https: proxy.https, noProxy: proxy.noProxy },
    caBundle,
    ...agent,
  });
}
