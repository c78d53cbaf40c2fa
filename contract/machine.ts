/**
 * A machine's configuration at its creation. It travels in the user data, so it
 * holds plain values only: no secret, nothing that is known after creation, and
 * not the fleet's labels (a machine registers with its own label alone).
 */
export interface MachineConfiguration {
  environment: string;
  fleet: string;
  /** The runner's name, for example `dev-cloud-1`. */
  runner: string;
  instanceType: string;
  aws: {
    account: string;
    region: string;
    /** Base URLs of the services the machine calls, without a trailing slash. */
    endpoints: { ec2: string; ssm: string; monitoring: string; logs: string };
    /** ARN of the key for the registration token. Absent: the account's AWS managed key. */
    kmsKeyArn?: string;
  };
  github: {
    /** What the runner registers with: `https://github.com/acme/app` or `https://github.com/acme`. */
    registrationUrl: string;
    /** Runner group, organisations only. Absent: the default group. */
    runnerGroup?: string;
  };
  runnerSoftware: {
    /** For example `2.338.0`. */
    version: string;
    /** Where the tarball is. */
    url: string;
    /** Hexadecimal, 64 characters. */
    sha256: string;
    selfUpdate: boolean;
  };
  /** The unprivileged user that jobs run as; made when missing. */
  user: string;
  /** The image brings the packages (and possibly the runner) along: install nothing with the package manager. */
  baked: boolean;
  docker: boolean;
  /** Whether containers outlive Docker's daemon. Docker's swarm mode refuses to start where they do. */
  dockerLiveRestore: boolean;
  /** Whether jobs may use `sudo` without a password. */
  sudo: boolean;
  /** Shell lines run as root at the first boot, before registration. */
  bootSteps: readonly string[];
  /** Shell lines run as root at every boot, behind the boot steps and before the machine takes jobs. */
  everyBoot: readonly string[];
  proxy?: {
    http?: string;
    https?: string;
    /** Hosts reached directly. The metadata service is always among them. */
    noProxy: readonly string[];
  };
  /** PEM text of certificates to trust in addition. */
  caBundle?: string;
  /** Seconds between two reads of the fleet's parameters. */
  pollSeconds: number;
  /** Seconds without a job before the machine may leave. */
  quietSeconds: number;
  /** Seconds over which machines spread out when one change of the desired state puts several of them to sleep. */
  spreadSeconds: number;
  /** Percent of the disk that may be in use after a job. */
  diskPercent: number;
  /** Seconds that the machine stays on after its start, whatever its desired state. */
  staySeconds: number;
}
