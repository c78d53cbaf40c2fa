import { timingSafeEqual } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { EmulatedAwsError } from "./errors.ts";
import { evaluate } from "./iam.ts";
import type { AccessRequest, PolicyDocument, RequestContext, PolicyVerdict } from "./iam.ts";
import { principalId, secret } from "./ids.ts";
import { managedPolicyType } from "./managed-policies.ts";
import { rolePolicyType } from "./policy-sizes.ts";
import { readIdentityPolicy } from "./read-policy.ts";
import type { Protocol } from "./protocols.ts";
import type { AccessKey, Cloud, Instance } from "./state.ts";

/** The caller of an action. */
export interface Principal {
  arn: string;
  userId: string;
  /** The role that is evaluated, by its policies; absent: everything is permitted. */
  roleName?: string;
  /** Condition keys that come from the caller. */
  context: RequestContext;
}

/** What the scope of a signature must name. */
export interface SigningScope {
  /** The service's name in signatures. */
  signingName: string;
  /** Absent: the cloud's region. */
  signingRegion?: string;
}

/** The part of a request that the signature covers. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: Headers;
  body: Buffer;
}

/**
 * The caller, by the request's signature (version 4, in the Authorization
 * header). The time of the signature is not checked: programs on a machine
 * follow the computer's clock, and the cloud's clock may be ahead of it. For
 * the same reason an instance's credentials stay valid as long as the instance
 * exists.
 */
export async function authenticate(
  cloud: Cloud,
  { signingName, signingRegion = cloud.region }: SigningScope,
  request: SignedRequest,
  { refusals }: Protocol,
): Promise<Principal> {
  const signature =
    /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)/.exec(
      request.headers.get("authorization") ?? "",
    );
  if (!signature) {
    throw new EmulatedAwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  }
  const [, accessKeyId, region, signedFor, names] = signature as unknown as [string, ...string[]];
  const found = findKey(cloud, accessKeyId!);
  if (!found || (found.key.token ?? null) !== request.headers.get("x-amz-security-token")) {
    const { code, status } = refusals.unknownKey;
    throw new EmulatedAwsError(code, "The security token included in the request is invalid.", status);
  }
  const expected = await sign(request, names!.split(";"), found.key, signingName, signingRegion);
  const scope = region === signingRegion && signedFor === signingName;
  if (!scope || !same(expected, request.headers.get("authorization")!.replace(/, ?/g, ", "))) {
    const { code, status } = refusals.badSignature;
    const text = `The request signature we calculated does not match the signature you provided (expected the scope ${signingRegion}/${signingName}).`;
    throw new EmulatedAwsError(code, text, status);
  }
  return found.principal;
}

function findKey(cloud: Cloud, accessKeyId: string): { key: AccessKey; principal: Principal } | undefined {
  const { operator, instances } = cloud.data;
  const shared = { "aws:PrincipalAccount": cloud.account, "aws:RequestedRegion": cloud.region };
  if (operator.accessKeyId === accessKeyId) {
    const arn = `arn:aws:iam::${cloud.account}:user/operator`;
    return { key: operator, principal: { arn, userId: "AIDAOPERATOR", context: shared } };
  }
  const ofFunction = Object.entries(cloud.data.functions).find(([, key]) => key.accessKeyId === accessKeyId);
  if (ofFunction) {
    const [name, key] = ofFunction;
    const principal = {
      arn: `arn:aws:sts::${cloud.account}:assumed-role/${key.roleName}/${name}`,
      userId: `AROA${key.roleName.toUpperCase()}:${name}`,
      roleName: key.roleName,
      context: shared,
    };
    return { key, principal };
  }
  const instance = Object.values(instances).find(({ key }) => key?.accessKeyId === accessKeyId);
  if (!instance?.key) return undefined;
  const { roleName } = instance.key;
  const principal = {
    arn: `arn:aws:sts::${cloud.account}:assumed-role/${roleName}/${instance.id}`,
    userId: `AROA${roleName.toUpperCase()}:${instance.id}`,
    roleName,
    context: { ...shared, "ec2:SourceInstanceARN": instanceArn(cloud, instance.id) },
  };
  return { key: instance.key, principal };
}

export function instanceArn(cloud: Cloud, id: string): string {
  return `arn:aws:ec2:${cloud.region}:${cloud.account}:instance/${id}`;
}

/** Credentials of the instance's role; undefined when the instance has no profile, or the profile no role. */
export function instanceCredentials(cloud: Cloud, instance: Instance): Instance["key"] {
  const profile = cloud.data.resources["aws:iam/instanceProfile:InstanceProfile"]?.[instance.profile ?? ""];
  const roleName = profile?.role;
  if (typeof roleName !== "string") return undefined;
  if (instance.key?.roleName !== roleName) {
    instance.key = {
      roleName,
      accessKeyId: principalId("ASIA"),
      secretAccessKey: secret(),
      token: secret() + secret(),
    };
  }
  return instance.key;
}

/** @throws AwsError when the caller's role does not permit all of the requests */
export function authorise(
  cloud: Cloud,
  principal: Principal,
  requests: readonly AccessRequest[],
  { refusals }: Protocol,
): void {
  for (const request of requests) {
    const verdict = verdictOn(cloud, principal, request);
    if (verdict === "allowed") continue;
    const because =
      verdict === "explicit deny"
        ? "with an explicit deny in an identity-based policy"
        : `because no identity-based policy allows the ${request.action} action`;
    const text = `User: ${principal.arn} is not authorized to perform: ${request.action} on resource: ${request.resource} ${because}`;
    throw new EmulatedAwsError(refusals.denied.code, text, refusals.denied.status);
  }
}

/** IAM's verdict on a request of this caller. A caller without a role may do everything. */
export function verdictOn(
  cloud: Cloud,
  { roleName, context }: Principal,
  request: AccessRequest,
): PolicyVerdict {
  if (roleName === undefined) return "allowed";
  return evaluate(policiesOf(cloud, roleName), { ...request, context: { ...context, ...request.context } });
}

/** The policies of a role: its inline policies, and the managed policies that are attached to it. */
export function policiesOf(cloud: Cloud, roleName: string): PolicyDocument[] {
  const { resources, attachedPolicies } = cloud.data;
  const inline = Object.values(resources[rolePolicyType] ?? {}).filter(({ role }) => role === roleName);
  const managed = (attachedPolicies[roleName] ?? []).flatMap((arn) => {
    const policy = resources[managedPolicyType]?.[arn];
    return policy ? [policy] : [];
  });
  return [...inline, ...managed].map(({ policy }) => readIdentityPolicy(policy));
}

/** The Authorization header that this key would produce. */
async function sign(
  request: SignedRequest,
  names: readonly string[],
  key: AccessKey,
  service: string,
  region: string,
): Promise<string> {
  const headers = new Headers();
  for (const name of names.filter((each) => each !== "host"))
    headers.set(name, request.headers.get(name) ?? "");
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url,
    headers,
    body: new Uint8Array(request.body),
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    service,
    region,
    datetime: request.headers.get("x-amz-date") ?? "",
    allHeaders: true,
  });
  return (await signer.sign()).headers.get("authorization")!;
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
