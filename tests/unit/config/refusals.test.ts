import { expect } from "chai";
import { least, leastForOrganization, refusals, written } from "./written.ts";

/** What is refused, the values that are written for it, the key that the message names, and a part of the message. */
type Case = readonly [rule: string, values: Record<string, unknown>, path: string, sentence: string];

const sha256 = "0".repeat(64);
const certificate = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const hours = { wake: "Mon-Fri 07:30", sleep: "Mon-Fri 19:00", zone: "Europe/Berlin" };
const fleet = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`fleets.cloud.${key}`, value]));
const many = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`team-${from + index}`, "v"]));
/** A price, so that the table's lack of one is not refused as well. */
const priced = fleet({ priceUsdPerHour: 1 });

// Each line is a rule.
// prettier-ignore
const cases: Record<string, readonly Case[]> = {
  keys: [
    ["an unknown key", { colour: "red" }, "colour", "is not a key of Longhaul's; known here: aws, github"],
    ["a mistyped key", { smoketest: {} }, "smoketest", "did you mean smokeTest?"],
    ["a mistyped key of a fleet", fleet({ instancetype: "m5.large" }), "fleets.cloud.instancetype", "did you mean instanceType?"],
    ["a mistyped key in a map of a fleet", fleet({ "disk.size": 50 }), "fleets.cloud.disk.size", "did you mean sizeGb?"],
    ["a missing section", { aws: undefined }, "aws", "is missing"],
    ["a missing key", { "aws.region": undefined }, "aws.region", "is missing"],
    ["no fleet at all", { fleets: {} }, "fleets", "must name at least one fleet"],
    ["a list where a map belongs", { fleets: [] }, "fleets", "must be a map of keys; it is a list"],
    ["text where a map belongs", { network: "vpc-1" }, "network", 'must be a map of keys; it is "vpc-1"'],
    ["an empty section", { network: null }, "network", "must be a map of keys; it is empty"],
    ["a token", { "github.token": "ghp_secret" }, "github.token", "credentials never stand in the configuration"],
  ],
  AWS: [
    ["an account without quotes", { "aws.account": 123456789012 }, "aws.account", "must be text; it is 123456789012 without quotes; add them"],
    ["a short account", { "aws.account": "1234" }, "aws.account", "must be the 12 digits of an account"],
    ["a zone as region", { "aws.region": "eu-central-1a" }, "aws.region", 'must be a region, for example eu-central-1; it is "eu-central-1a"'],
    ["a partition the region is not in", { "aws.partition": "aws-cn" }, "aws.partition", "is aws-cn, but eu-central-1 belongs to aws"],
    ["a region of an unknown partition", { "aws.region": "us-iso-east-1", ...priced }, "aws.region", "known: aws, aws-cn, aws-us-gov, aws-eusc"],
    ["a boundary of another partition", { "aws.permissionsBoundary": "arn:aws-cn:iam::123456789012:policy/b" }, "aws.permissionsBoundary", "is an ARN of the partition aws-cn, but eu-central-1 belongs to aws"],
    ["a boundary that is not a policy", { "aws.permissionsBoundary": "arn:aws:iam::123456789012:role/b" }, "aws.permissionsBoundary", "must be the ARN of an IAM policy"],
    ["a key of another region", { "aws.kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1a" }, "aws.kmsKeyArn", "is a key of us-east-1, and a key works in its own region only"],
    ["an alias for a key", { "aws.kmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:alias/a" }, "aws.kmsKeyArn", "not of an alias"],
    ["a role path without slashes", { "aws.rolePath": "runners" }, "aws.rolePath", "must be a path that begins and ends with a slash"],
    ["an endpoint without TLS", { "aws.endpoints.ssm": "http://ssm.example.com" }, "aws.endpoints.ssm", "must start with https://, because credentials travel over it"],
    ["an endpoint of a service that is not called", { "aws.endpoints.s3": "https://s3.example.com" }, "aws.endpoints.s3", "known here: ec2, ssm, monitoring, logs, dynamodb, sqs, sts, iam"],
  ],
  GitHub: [
    ["both organisation and repository", { "github.organization": "acme" }, "github", "has both organization (acme) and repository (acme/app)"],
    ["neither organisation nor repository", { github: {} }, "github", "has neither organization nor repository"],
    ["a repository without its owner", { "github.repository": "app" }, "github.repository", "must be owner/name, for example acme/app"],
    ["a runner group for a repository", { "github.runnerGroup": { name: "ci", visibility: "all" } }, "github.runnerGroup", "is for organisations only, and the runners belong to the repository acme/app"],
    ["a path in GitHub's URL", { "github.url": "https://github.com/acme" }, "github.url", "must be GitHub's own address and nothing behind it, https://github.com"],
    ["GitHub without TLS", { "github.url": "http://github.example.com" }, "github.url", "must start with https://"],
  ],
  tags: [
    ["a tag with AWS's prefix", { "tags": { "AWS:team": "ci" } }, 'tags["AWS:team"]', "begins with aws:, which AWS reserves for itself"],
    ["a tag with Longhaul's prefix", { "tags": { "longhaul:fleet": "ci" } }, 'tags["longhaul:fleet"]', "begins with longhaul:"],
    ["a name", { "tags": { name: "ci" } }, "tags.name", "is written by Longhaul"],
    ["a key that is too long", { "tags": { ["k".repeat(129)]: "v" } }, `tags.${"k".repeat(129)}`, "has a key of 129 characters; AWS allows 128"],
    ["a key with a character that IAM refuses", { "tags": { "a*b": "v" } }, 'tags["a*b"]', "has a key with characters that not every AWS service accepts"],
    ["a key with a blank at its end", { "tags": { "team ": "v" } }, 'tags["team "]', "begins or ends with a blank"],
    ["a tag without a key", { "tags": { "": "v" } }, 'tags[""]', "is a tag without a key"],
    ["a key that differs only in its case", { "tags": { team: "a", Team: "b" } }, "tags.Team", "is there already as team"],
    ["a tag without a value", { "tags": { team: "" } }, "tags.team", "has no value, and the group of the controller's schedule accepts no tag without one; give it one"],
    ["a value that is too long", { "tags": { team: "v".repeat(257) } }, "tags.team", "has a value of 257 characters; AWS allows 256"],
    ["a value with a character that IAM refuses", fleet({ tags: { team: "a;b" } }), "fleets.cloud.tags.team", "has a value with characters"],
    ["a number without quotes", { "tags": { cost: 4711 } }, "tags.cost", "must be text; it is 4711 without quotes"],
    ["too many tags", { "tags": many(36) }, "tags", "has 36 tags; AWS allows 50 on one resource, and Longhaul needs 15 of them for a machine, so at most 35 fit"],
    ["too many tags of a fleet and its environment together", { tags: many(20), ...fleet({ tags: many(16, 20) }) }, "fleets.cloud.tags", "has 36 tags together with the environment's"],
    ["a fleet's key that differs from the environment's only in its case", { tags: { team: "a" }, ...fleet({ tags: { TEAM: "b" } }) }, "fleets.cloud.tags.TEAM", "differs from the environment's team only in its case"],
  ],
  network: [
    ["a VPC without subnets", { "network.vpcId": "vpc-0a" }, "network.subnetIds", "is missing: with vpcId (vpc-0a) name the subnets"],
    ["subnets without a VPC", { "network.subnetIds": ["subnet-0a"] }, "network.vpcId", "is missing: with subnetIds name the VPC"],
    ["subnets and a range for a VPC", { network: { vpcId: "vpc-0a", subnetIds: ["subnet-0a"], cidr: "10.42.0.0/16" } }, "network.cidr", "subnetIds says to use yours"],
    ["zones for given subnets", { network: { vpcId: "vpc-0a", subnetIds: ["subnet-0a"], zones: ["eu-central-1a"] } }, "network.zones", "is for subnets that the stack would make"],
    ["a zone of another region", { "network.zones": ["eu-central-1a", "eu-west-1a"] }, "network.zones[1]", "eu-west-1a is not in eu-central-1; name a zone of that region, for example eu-central-1a"],
    ["a zone twice", { "network.zones": ["eu-central-1a", "eu-central-1a"] }, "network.zones[1]", "eu-central-1a is there already"],
    ["more zones than quarters", { "network.zones": ["a", "b", "c", "d", "e"].map((letter) => `eu-central-1${letter}`) }, "network.zones", "must have at most 4 entries"],
    ["an id of a zone", { "network.zones": ["euc1-az1"] }, "network.zones[0]", "must be an availability zone, for example eu-central-1a"],
    ["no subnets in the list", { network: { vpcId: "vpc-0a", subnetIds: [] } }, "network.subnetIds", "must have at least 1 entry"],
    ["a subnet twice", { network: { vpcId: "vpc-0a", subnetIds: ["subnet-0a", "subnet-0a"] } }, "network.subnetIds[1]", "subnet-0a is there already"],
    ["a range that EC2 does not take", { "network.cidr": "10.0.0.0/8" }, "network.cidr", "must be a network of /16 to /26"],
    ["a range too small for two subnets", { "network.cidr": "10.0.0.0/27" }, "network.cidr", "must be a network of /16 to /26"],
    ["an address in the middle of its range", { "network.cidr": "200.42.1.0/16" }, "network.cidr", "must be a network's first address, 200.42.0.0/16"],
    ["a proxy without an address", { "network.proxy": { noProxy: ["10.0.0.0/8"] } }, "network.proxy", "names no proxy"],
    ["a path in place of certificates", { "network.caBundle": "/etc/ssl/ca.pem" }, "network.caBundle", "must be PEM text with at least one certificate"],
    ["a private key among the certificates", { "network.caBundle": `${certificate}-----BEGIN PRIVATE KEY-----\nAA==\n` }, "network.caBundle", "contains a private key"],
  ],
  fleet: [
    ["a name with capitals", { "fleets.Cloud": {} }, "fleets.Cloud", 'must be lower-case letters, digits and single hyphens, beginning with a letter, for example build-large; the fleet is called "Cloud"'],
    ["a name that makes runners' names too long", { "fleets.a-fleet-whose-name-goes-on-and-on-and-on-x": {} }, "fleets.a-fleet-whose-name-goes-on-and-on-and-on-x", 'a name of 48 characters; at most 44 fit, because GitHub takes 64 and "-<instance id>" needs 20. Shorten the name of the fleet or of the stack by 4'],
    ["no runner", fleet({ runners: 0 }), "fleets.cloud.runners", "must be at least 1; it is 0"],
    ["a negative number of runners", fleet({ runners: -2 }), "fleets.cloud.runners", "must be at least 1; it is -2"],
    ["more than 100 runners", fleet({ runners: 101 }), "fleets.cloud.runners", "must be at most 100; it is 101"],
    ["half a runner", fleet({ runners: 1.5 }), "fleets.cloud.runners", "must be a whole number; it is 1.5"],
    ["a number in quotes", fleet({ runners: "2" }), "fleets.cloud.runners", 'it is "2" in quotes; remove them'],
    ["a generation of a runner that does not exist", fleet({ runners: 2, generations: { "3": 2 } }), "fleets.cloud.generations.3", "names runner 3, but the fleet has runners 1 to 2"],
    ["a generation of zero", fleet({ generations: { "1": 0 } }), "fleets.cloud.generations.1", "must be at least 1; it is 0"],
    ["a generation of something else", fleet({ generations: { one: 2 } }), "fleets.cloud.generations.one", "must be a runner's number"],
    ["spot", fleet({ spot: true }), "fleets.cloud.spot", "has no spot machines: EC2 takes them back"],
    ["spot as a market", fleet({ market: "spot" }), "fleets.cloud.market", "locks against stopping and terminating do not exist for them"],
    ["another operating system", fleet({ os: "windows" }), "fleets.cloud.os", "Linux machines only"],
    ["an empty boot step", fleet({ bootSteps: ["true", ""] }), "fleets.cloud.bootSteps[1]", "must not be empty"],
    ["an empty step of every boot", fleet({ everyBoot: [""] }), "fleets.cloud.everyBoot[0]", "must not be empty"],
    ["a disk of no size", fleet({ disk: { sizeGb: 0 } }), "fleets.cloud.disk.sizeGb", "must be at least 20; it is 0"],
    ["a disk that is larger than any", fleet({ disk: { sizeGb: 65537 } }), "fleets.cloud.disk.sizeGb", "must be at most 65536"],
    ["more operations than any disk takes", fleet({ disk: { sizeGb: 65536, iops: 80001 } }), "fleets.cloud.disk.iops", "must be at most 80000"],
    ["more throughput than any disk takes", fleet({ disk: { sizeGb: 160, iops: 80000, throughput: 2001 } }), "fleets.cloud.disk.throughput", "must be at most 2000"],
    ["more operations than the disk's size allows", fleet({ disk: { sizeGb: 20, iops: 12000 } }), "fleets.cloud.disk.iops", "is 12000; a disk of 20 GiB takes at most 10000"],
    ["more throughput than its operations allow", fleet({ disk: { throughput: 1000 } }), "fleets.cloud.disk.throughput", "is 1000 MiB/s, which needs 4000 iops; 3000 allow at most 750"],
  ],
  labels: [
    ["no label", fleet({ labels: [] }), "fleets.cloud.labels", "must name at least one label"],
    ["an empty label", fleet({ labels: ["cloud", ""] }), "fleets.cloud.labels[1]", "is empty"],
    ["a label of white space", fleet({ labels: [" "] }), "fleets.cloud.labels[0]", "is empty"],
    ["a repeated label", fleet({ labels: ["cloud", "cloud"] }), "fleets.cloud.labels[1]", '"cloud" is there already; remove one'],
    ["a label repeated in capitals", fleet({ labels: ["cloud", "Cloud"] }), "fleets.cloud.labels[1]", 'is there already as "cloud", and GitHub ignores case'],
    ["several labels in one", fleet({ labels: ["cloud, large"] }), "fleets.cloud.labels[0]", 'write "cloud" and "large" as entries of their own'],
    ["a label with a space", fleet({ labels: ["my cloud"] }), "fleets.cloud.labels[0]", "has white space; write it with a hyphen"],
    ["a label with other characters", fleet({ labels: ["${{x}}"] }), "fleets.cloud.labels[0]", "has characters that labels should not have"],
    ["a label of 257 characters", fleet({ labels: ["a".repeat(257)] }), "fleets.cloud.labels[0]", "has 257 characters; a label has at most 256"],
    ["more labels than GitHub takes", fleet({ labels: Array.from({ length: 97 }, (_, index) => `label-${index}`) }), "fleets.cloud.labels", "has 97 labels; a machine takes 96 beside its own"],
    ["a label that is not text", fleet({ labels: [2204] }), "fleets.cloud.labels[0]", "must be text; it is 2204 without quotes"],
    ...["self-hosted", "linux", "Linux", "X64", "ARM64", "windows", "macOS"].map((label): Case => [`the label ${label}, which is GitHub's to give`, fleet({ labels: [label] }), "fleets.cloud.labels[0]", `"${label}" is a label that GitHub gives by itself`]),
    ...["ubuntu-latest", "Ubuntu-24.04-arm", "ubuntu-slim", "windows-2025", "macOS-15-xlarge"].map((label): Case => [`the label ${label} of a runner that GitHub hosts`, fleet({ labels: ["cloud", label] }), "fleets.cloud.labels[1]", `"${label}" looks like a runner that GitHub hosts`]),
    ["a label like a machine's own", fleet({ labels: ["dev-cloud-1-i-0123456789abcdef0"] }), "fleets.cloud.labels[0]", "looks like the name of a machine"],
  ],
  machine: [
    ["something that is not an instance type", fleet({ instanceType: "large" }), "fleets.cloud.instanceType", "must be an instance type, for example m5.xlarge"],
    ["x64 on Graviton", fleet({ instanceType: "m7g.large", architecture: "x64" }), "fleets.cloud.architecture", "is x64, but m7g.large is an arm64 machine; remove the key, or take a type such as m5.xlarge"],
    ["arm64 on Intel", fleet({ instanceType: "m5.xlarge", architecture: "arm64" }), "fleets.cloud.architecture", "is arm64, but m5.xlarge is an x64 machine; remove the key, or take a type such as m7g.xlarge"],
    ["x64 on a Graviton machine with GPUs", fleet({ priceUsdPerHour: 1, instanceType: "g5g.xlarge", architecture: "x64" }), "fleets.cloud.architecture", "g5g.xlarge is an arm64 machine"],
    ["a type with an unknown architecture", fleet({ priceUsdPerHour: 1, instanceType: "quantum.large" }), "fleets.cloud.architecture", "must be given, x64 or arm64: it cannot be told from the name quantum.large"],
    ["a Mac", fleet({ instanceType: "mac2.metal" }), "fleets.cloud.instanceType", "mac2.metal runs macOS on a dedicated host"],
    ["a newer Mac", fleet({ instanceType: "mac-m4.metal" }), "fleets.cloud.instanceType", "mac-m4.metal runs macOS"],
    ["a paravirtual type", fleet({ instanceType: "m1.large" }), "fleets.cloud.instanceType", "boots paravirtual images only"],
    ["an UltraServer", fleet({ instanceType: "p6e-gb200.36xlarge" }), "fleets.cloud.instanceType", "cannot be launched on demand"],
    ["two images", fleet({ image: { ami: "ami-0a", parameter: "/images/a" } }), "fleets.cloud.image.ami", "only one of them can be the image"],
    ["a distribution beside an image", fleet({ image: { ami: "ami-0a", distribution: "amazon-linux-2023" } }), "fleets.cloud.image.ami", "stands beside distribution (amazon-linux-2023)"],
    ["a distribution that is not known", fleet({ "image.distribution": "rocky-9" }), "fleets.cloud.image.distribution", "ubuntu-24.04"],
    ["an image of Amazon Linux 2", fleet({ "image.parameter": "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2" }), "fleets.cloud.image.parameter", "set image.distribution to amazon-linux-2023"],
    ["an image of Amazon Linux 2 for ECS", fleet({ "image.parameter": "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id" }), "fleets.cloud.image.parameter", "too old for the runner"],
    ["an image of Bottlerocket", fleet({ "image.parameter": "/aws/service/bottlerocket/aws-ecs-2/x86_64/latest/image_id" }), "fleets.cloud.image.parameter", "runs no user data"],
    ["an image of Windows", fleet({ "image.parameter": "/aws/service/ami-windows-latest/Windows_Server-2022" }), "fleets.cloud.image.parameter", "names an image of Windows; Longhaul's runners are Linux machines"],
    ["Canonical's image as a baked one", fleet({ "image.baked": true }), "fleets.cloud.image.baked", "name your own image with ami or parameter"],
    ["Amazon's image as a baked one", fleet({ image: { baked: true, distribution: "amazon-linux-2023" } }), "fleets.cloud.image.baked", "amazon-linux-2023 as it is published"],
    ["root as the runner's user", fleet({ "image.user": "root" }), "fleets.cloud.image.user", "must not be root"],
  ],
  "runner software": [
    ["a version that GitHub refuses", fleet({ runner: { version: "2.328.0", sha256 } }), "fleets.cloud.runner.version", "is 2.328.0; GitHub refuses versions below 2.329.0"],
    ["a version that only looks newer as text", fleet({ runner: { version: "2.99.9", sha256 } }), "fleets.cloud.runner.version", "GitHub refuses versions below 2.329.0"],
    ["something that is not a version", fleet({ "runner.version": "latest" }), "fleets.cloud.runner.version", "must be a version, for example 2.338.0"],
    ["an unknown version without a checksum", fleet({ "runner.version": "2.340.0" }), "fleets.cloud.runner.sha256", "is missing: the checksum of 2.340.0 is not known here (known: 2.338.0)"],
    ["something that is not a checksum", fleet({ "runner.sha256": "abc" }), "fleets.cloud.runner.sha256", "must be the 64 lower-case hexadecimal digits"],
    ["a checksum other than that of GitHub's tarball", fleet({ "runner.sha256": sha256 }), "fleets.cloud.runner.sha256", "is not the checksum of GitHub's tarball of 2.338.0 for x64, which is af4b794c"],
    ["a tarball behind a password", fleet({ "runner.url": "https://me:secret@example.com/r.tar.gz" }), "fleets.cloud.runner.url", "must not carry a user name or password"],
  ],
  "smoke test": [
    ["no minutes", { "smokeTest.minutes": 0 }, "smokeTest.minutes", "must be at least 1; it is 0"],
    ["more minutes than a job may run", { "smokeTest.minutes": 7200 }, "smokeTest.minutes", "must be at most 7170: GitHub ends a job after 7200 minutes (5 days), and the test needs 30 beside them; it is 7200"],
    ["an unknown choice of machines", { "smokeTest.machines": "none" }, "smokeTest.machines", 'must be one of first, all; it is "none"'],
    ["a switch that is text", { "smokeTest.enabled": "false" }, "smokeTest.enabled", 'must be true or false; it is "false" in quotes; remove them'],
    ["a repository for runners that belong to a repository", { "smokeTest.repository": "app" }, "smokeTest.repository", "is for organisations only: the workflow goes into acme/app"],
    ["a workflow with a path", { "smokeTest.workflow": ".github/workflows/a.yml" }, "smokeTest.workflow", "must be a file name that ends in .yml"],
    ["a limit longer than the boot timer's hour", { "smokeTest.onlineWithinMinutes": 90 }, "smokeTest.onlineWithinMinutes", "must be at most 60; it is 90"],
  ],
  "automatic shutdown": [
    ["an idle timeout of nothing", fleet({ autoShutdown: { idleMinutes: 0 } }), "fleets.cloud.autoShutdown.idleMinutes", "must be at least 0.1; it is 0"],
    ["an idle timeout shorter than the quiet time", fleet({ autoShutdown: { idleMinutes: 2 } }), "fleets.cloud.autoShutdown.idleMinutes", "is 2, less than the 180 seconds of agent.quietSeconds; name at least 3"],
    ["more machines awake than there are", fleet({ runners: 2, autoShutdown: { minimumAwake: 3 } }), "fleets.cloud.autoShutdown.minimumAwake", "is 3, but the fleet has 2 runners; raise runners, or lower it"],
    ["no time for a job", fleet({ autoShutdown: { maxJobHours: 0 } }), "fleets.cloud.autoShutdown.maxJobHours", "must be at least 0.001; it is 0"],
    ["more time for a job than GitHub gives one", fleet({ autoShutdown: { maxJobHours: 121 } }), "fleets.cloud.autoShutdown.maxJobHours", "must be at most 120; it is 121"],
    ["a limit that would end the smoke test", fleet({ autoShutdown: { maxJobHours: 6, enforce: true } }), "fleets.cloud.autoShutdown.maxJobHours", "is 6 and enforced, which would end the smoke test: it holds its machine for 360 minutes, and needs 30 beside them; name at least 6.5, lower smokeTest.minutes, or set enforce to false"],
    ["an enforcement that is text", fleet({ autoShutdown: { enforce: "yes" } }), "fleets.cloud.autoShutdown.enforce", 'must be true or false; it is "yes"'],
    ["hours without a day", fleet({ autoShutdown: { workingHours: { ...hours, wake: "07:30" } } }), "fleets.cloud.autoShutdown.workingHours.wake", 'must be days and a time, as in "Mon-Fri 07:30"'],
    ["hours that never sleep", fleet({ autoShutdown: { workingHours: { ...hours, sleep: "" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "must"],
    ["hours that wake and sleep at once", fleet({ autoShutdown: { workingHours: { ...hours, sleep: "Fri-Sat 07:30" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "is Fri-Sat 07:30, the moment of wake (Mon-Fri 07:30) on at least one day"],
    ["hours that sleep for only minutes", fleet({ autoShutdown: { workingHours: { ...hours, wake: "Mon-Fri 07:30", sleep: "Mon-Fri 07:29" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "is Mon-Fri 07:29 and wake is Mon-Fri 07:30: machines would sleep for 5 minutes of a week and be on for 167.9 of its 168 hours; name times with an hour of sleep at least, or leave workingHours out"],
    ["hours that sleep for a minute", fleet({ autoShutdown: { workingHours: { ...hours, wake: "Mon 00:00", sleep: "Sun 23:59" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "machines would sleep for a minute of a week and be on for 167.9 of its 168 hours"],
    ["hours without a sleep before the weekend", fleet({ autoShutdown: { workingHours: { ...hours, wake: "Mon-Fri 07:30", sleep: "Mon-Thu 19:00" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "is Mon-Thu 19:00 and wake is Mon-Fri 07:30: the wake of Fri 07:30 is followed by the wake of Mon 07:30, with no sleep between them, so machines would be on from Fri 07:30 to Mon 19:00; name a sleep after each wake, before the next one"],
    ["hours with a wake a day and a sleep a week", fleet({ autoShutdown: { workingHours: { ...hours, wake: "daily 00:00", sleep: "Sun 23:00" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "the wake of Mon 00:00 is followed by the wake of Tue 00:00, with no sleep between them, so machines would be on from Mon 00:00 to Sun 23:00; name a sleep after each wake, before the next one"],
    ["hours with two sleeps in a row", fleet({ autoShutdown: { workingHours: { ...hours, wake: "Mon-Fri 07:30", sleep: "daily 19:00" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "is daily 19:00 and wake is Mon-Fri 07:30: the sleep of Fri 19:00 is followed by the sleep of Sat 19:00, with no wake between them; name a sleep after each wake, before the next one"],
    ["hours in lists that omit a sleep", fleet({ autoShutdown: { workingHours: { ...hours, wake: "Mon,Wed,Sat 08:00", sleep: "Mon,Sat 18:00" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "the wake of Wed 08:00 is followed by the wake of Sat 08:00, with no sleep between them, so machines would be on from Wed 08:00 to Sat 18:00; name a sleep after each wake, before the next one"],
    ["hours with two wakes and two sleeps in a row", fleet({ autoShutdown: { workingHours: { ...hours, wake: "Mon-Tue 07:30", sleep: "Wed-Thu 07:30" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "the wake of Mon 07:30 is followed by the wake of Tue 07:30, with no sleep between them, so machines would be on from Mon 07:30 to Wed 07:30; name a sleep after each wake, before the next one"],
    ["hours for which one change is not enough", fleet({ autoShutdown: { workingHours: { ...hours, wake: "daily 07:30", sleep: "Mon 07:29" } } }), "fleets.cloud.autoShutdown.workingHours.sleep", "name a sleep after each wake, before the next one"],
    ["hours without a valid time zone", fleet({ autoShutdown: { workingHours: { ...hours, zone: "Berlin" } } }), "fleets.cloud.autoShutdown.workingHours.zone", 'must be a time zone by its IANA name, as in "Europe/Berlin"'],
    ["hours in a fixed offset, which has no summer time", fleet({ autoShutdown: { workingHours: { ...hours, zone: "+01:00" } } }), "fleets.cloud.autoShutdown.workingHours.zone", "must be a time zone by its IANA name"],
    ["a holiday that is not a date", fleet({ autoShutdown: { workingHours: { ...hours, holidays: ["2026-02-30"] } } }), "fleets.cloud.autoShutdown.workingHours.holidays[0]", "must be a day that exists"],
  ],
  prices: [
    ["machines with an unknown price", fleet({ instanceType: "quantum.large", architecture: "x64" }), "fleets.cloud.priceUsdPerHour", "is missing: the price of quantum.large in eu-central-1 is not in the table config/prices.json of 2025-03-02. Set the fleet's priceUsdPerHour, in US dollars for an hour"],
    ["machines of a size that is not in proportion", fleet({ instanceType: "m5.metal" }), "fleets.cloud.priceUsdPerHour", "the price of m5.metal in eu-central-1 is not in the table"],
    ["machines in a region with unknown prices", { "aws.region": "us-gov-west-1" }, "fleets.cloud.priceUsdPerHour", "is missing: us-gov-west-1 is not in the table config/prices.json, so the price of m5.xlarge there is not known. Set the fleet's priceUsdPerHour"],
  ],
  "wake on demand": [
    ["repositories for runners that belong to a repository", { "wakeOnDemand.repositories": ["app"] }, "wakeOnDemand.repositories", "is for organisations only: the jobs of acme/app are the ones that count"],
    ["jobs without labels for an unknown fleet", { "wakeOnDemand.emptyLabels": "large" }, "wakeOnDemand.emptyLabels", "names the fleet large, which does not exist; the fleets are: cloud"],
    ["an App while waking on demand is off", { "wakeOnDemand.app": { id: 1, installationId: 2 } }, "wakeOnDemand.app", "and enabled is false; set it to true, or remove app"],
    ["waking where Lambda has no function URLs", { "aws.region": "eu-south-2", ...priced, "wakeOnDemand.enabled": true }, "wakeOnDemand.enabled", "AWS Lambda has no function URLs in eu-south-2"],
    ["waking in China", { "aws.region": "cn-northwest-1", ...priced, "wakeOnDemand.enabled": true }, "wakeOnDemand.enabled", "AWS Lambda has no function URLs in cn-northwest-1"],
    ["waking in GovCloud", { "aws.region": "us-gov-west-1", ...priced, "wakeOnDemand.enabled": true }, "wakeOnDemand.enabled", "AWS Lambda has no function URLs in us-gov-west-1"],
    ["half an App", { wakeOnDemand: { enabled: true, app: { id: 1 } } }, "wakeOnDemand.app.installationId", "is missing"],
    ["an App's key in the configuration", { wakeOnDemand: { enabled: true, app: { id: 1, installationId: 2, privateKey: "x" } } }, "wakeOnDemand.app.privateKey", "credentials never stand in the configuration"],
    ["a switch that is text", { "wakeOnDemand.enabled": "yes" }, "wakeOnDemand.enabled", 'must be true or false; it is "yes"'],
  ],
  alarms: [
    ["something that is not an e-mail address", { "alarms.emails": ["ops"] }, "alarms.emails[0]", "must be an e-mail address"],
    ["an address twice", { "alarms.emails": ["a@b.de", "a@b.de"] }, "alarms.emails[1]", '"a@b.de" is there already; remove one'],
  ],
  budget: [
    ["a day that costs more than its month", { "budget.monthlyUsd": 10, "budget.dailyUsd": 20 }, "budget.dailyUsd", "is 20, more than the 10 of the whole month"],
    ["roles of no budget", { "budget.deniedRoles": ["deploy"] }, "budget.deniedRoles", "needs a budget: set budget.monthlyUsd"],
    ["more roles than AWS denies", { "budget.monthlyUsd": 10, "budget.deniedRoles": Array.from({ length: 99 }, (_, index) => `role-${index}`) }, "budget.deniedRoles", "names 99 roles beside the 2 of the environment, and AWS denies 100 at most"],
    ["a role by its ARN", { "budget.monthlyUsd": 10, "budget.deniedRoles": ["arn:aws:iam::123456789012:role/deploy"] }, "budget.deniedRoles[0]", "must be the name of an IAM role"],
    ["AWS's budget in GovCloud", { "aws.region": "us-gov-west-1", ...priced, "budget.monthlyUsd": 10 }, "budget.awsBudget", "a limit in US dollars cannot be made in us-gov-west-1: GovCloud has no AWS Budgets"],
    ["AWS's budget in China", { "aws.region": "cn-north-1", ...priced, "budget.monthlyUsd": 10 }, "budget.awsBudget", "AWS Budgets counts in CNY in China; set it to false, and the controller's own meter alone turns power off"],
    ["AWS's budget in the European Sovereign Cloud", { "aws.region": "eusc-de-east-1", ...priced, "budget.monthlyUsd": 10 }, "budget.awsBudget", "AWS Budgets counts in EUR"],
    ["roles for an AWS budget that is not made", { "budget.monthlyUsd": 10, "budget.awsBudget": false, "budget.deniedRoles": ["deploy"] }, "budget.deniedRoles", "belongs to AWS's own budget, and budget.awsBudget is false"],
    ["a switch for AWS's budget without a budget", { "budget.awsBudget": false }, "budget.awsBudget", "needs a budget"],
    ["no money at all", { "budget.monthlyUsd": 0 }, "budget.monthlyUsd", "must be at least 0.01; it is 0"],
  ],
  agent: [
    ["a quiet time that is too short", { "agent.quietSeconds": 60 }, "agent.quietSeconds", "must be at least 120; it is 60"],
    ["no interval between two reads", { "agent.pollSeconds": 0 }, "agent.pollSeconds", "must be at least 0.1; it is 0"],
    ["an interval between two reads that is too long", { "agent.pollSeconds": 1e5 }, "agent.pollSeconds", "must be at most 300; it is 100000"],
  ],
};

// prettier-ignore
const forOrganizations: readonly Case[] = [
  ["a URL in place of a name", { "github.organization": "https://github.com/acme" }, "github.organization", "must be the short name of an organisation"],
  ["selected repositories without a repository", { "github.runnerGroup": { name: "ci" }, "smokeTest.enabled": false }, "github.runnerGroup.repositories", "names no repository, so no repository could use the runners"],
  ["repositories where all may use the group", { "github.runnerGroup": { name: "ci", visibility: "all", repositories: ["app"] } }, "github.runnerGroup.repositories", "counts only with visibility selected, and visibility is all"],
  ["a repository twice", { "github.runnerGroup": { name: "ci", repositories: ["app", "App"] } }, "github.runnerGroup.repositories[1]", '"App" is there already'],
  ["a repository with its owner", { "github.runnerGroup": { name: "ci", repositories: ["app", "acme/b"] } }, "github.runnerGroup.repositories[1]", "must be the name of a repository without its owner"],
  ["a smoke test without a repository", { smokeTest: {} }, "smokeTest.repository", "is missing: the runners belong to the organisation acme"],
  ["a repository twice in those for waking on demand", { "wakeOnDemand.repositories": ["tools", "Tools"] }, "wakeOnDemand.repositories[1]", '"Tools" is there already'],
  ["no repository for waking on demand", { "wakeOnDemand.repositories": [] }, "wakeOnDemand.repositories", "must have at least 1 entry"],
  ["a repository that would wake a group that it may not use", { "github.runnerGroup": { name: "ci", repositories: ["app", "tools"] }, "wakeOnDemand.repositories": ["other"] }, "wakeOnDemand.repositories[0]", 'other may not use the runner group "ci"'],
  ["an App that would have to guess repositories", { wakeOnDemand: { enabled: true, app: { id: 1, installationId: 2 } } }, "wakeOnDemand.app", "asks each repository by its name, and none is named"],
  ["an App for more repositories than a token can name", { wakeOnDemand: { enabled: true, app: { id: 1, installationId: 2 }, repositories: Array.from({ length: 501 }, (_, index) => `r${index}`) } }, "wakeOnDemand.app", "would ask 501 repositories, and GitHub gives a token for at most 500"],
  ["a smoke test in a repository that may not use the group", { "github.runnerGroup": { name: "ci", repositories: ["other"] } }, "smokeTest.repository", 'app may not use the runner group "ci"'],
];

const environments: readonly (readonly [environment: string, sentence: string])[] = [
  ["Dev", "must be lower-case letters"],
  ["dev_1", "must be lower-case letters"],
  ["-dev", "must be lower-case letters"],
  ["local", 'no local cloud was named in LONGHAUL_LOCAL; start one with "npx longhaul local"'],
];

describe("the configuration refuses", () => {
  for (const [subject, rows] of Object.entries(cases)) {
    describe(subject, () => {
      for (const row of rows) refuses(least, row);
    });
  }

  describe("an organisation's", () => {
    for (const row of forOrganizations) refuses(leastForOrganization, row);
  });

  describe("the environment", () => {
    for (const [environment, sentence] of environments) {
      it(environment, () => {
        const found = refusals(environment, structuredClone(least));
        expect(found).to.have.length(1);
        expect(found[0])
          .to.match(/^stack name: /)
          .and.to.include(sentence);
      });
    }
  });

  function refuses(base: Record<string, unknown>, [rule, values, path, sentence]: Case) {
    it(rule, () => {
      const found = refusals("dev", written(base, values));
      expect(found, found.join("\n")).to.have.length(1);
      expect(found[0]!.startsWith(`longhaul:${path}: `), found[0]).to.equal(true);
      expect(found[0]).to.include(sentence);
    });
  }
});

describe("the configuration accepts", () => {
  // These are the smallest and largest values that the messages name.
  const taken: [rule: string, values: Record<string, unknown>][] = [
    ["an idle timeout as long as the quiet time", fleet({ autoShutdown: { idleMinutes: 3 } })],
    ["as many machines awake as there are", fleet({ runners: 2, autoShutdown: { minimumAwake: 2 } })],
    [
      "an enforced limit that leaves the smoke test just enough time",
      fleet({ autoShutdown: { maxJobHours: 6.5, enforce: true } }),
    ],
  ];
  for (const [rule, values] of taken) {
    it(rule, () => {
      expect(refusals("dev", written(least, values))).to.deep.equal([]);
    });
  }
});
