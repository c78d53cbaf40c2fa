import type { MachineConfiguration } from "../../../contract/machine.ts";

/** The configuration that a machine gets by default. */
export const machine: MachineConfiguration = {
  environment: "dev",
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceType: "m5.xlarge",
  aws: {
    account: "123456789012",
    region: "eu-central-1",
    endpoints: {
      ec2: "https://ec2.eu-central-1.amazonaws.com",
      ssm: "https://ssm.eu-central-1.amazonaws.com",
      monitoring: "https://monitoring.eu-central-1.amazonaws.com",
      logs: "https://logs.eu-central-1.amazonaws.com",
    },
  },
  github: { registrationUrl: "https://github.com/acme/app" },
  runnerSoftware: {
    version: "2.338.0",
    url: "https://github.com/actions/runner/releases/download/v2.338.0/actions-runner-linux-x64-2.338.0.tar.gz",
    sha256: "af4b794c1bc41d73d40535e3fe092a39f9679cd8d965954c2aca25a05ca41d32",
    selfUpdate: true,
  },
  user: "runner",
  baked: false,
  docker: true,
  dockerLiveRestore: true,
  sudo: true,
  bootSteps: [],
  everyBoot: [],
  pollSeconds: 30,
  quietSeconds: 180,
  spreadSeconds: 180,
  staySeconds: 300,
  diskPercent: 70,
};
