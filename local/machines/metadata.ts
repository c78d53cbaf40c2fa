import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostedInstance } from "./host.ts";

/*
 * The instance metadata service, only in version 2: a session token first, then
 * plain text by path.
 */

/** The answer for a path below `/latest/`; undefined means 404. */
export function metadataAt(path: string, instance: HostedInstance): string | Buffer | undefined {
  if (path === "user-data") return instance.userData.length > 0 ? instance.userData : undefined;
  if (path === "dynamic/instance-identity/document") return identityDocument(instance);
  if (path.startsWith("meta-data/tags/instance")) return tagAt(path.split("/").slice(3).join("/"), instance);
  if (path.startsWith("meta-data/iam/security-credentials")) {
    return credentialsAt(path.split("/").slice(3).join("/"), instance);
  }
  const texts: Record<string, string> = {
    "meta-data/instance-id": instance.id,
    "meta-data/ami-id": instance.imageId,
    "meta-data/instance-type": instance.instanceType,
    "meta-data/placement/region": instance.region,
    "meta-data/placement/availability-zone": instance.availabilityZone,
    "meta-data/local-ipv4": instance.privateIp,
    "meta-data/mac": macOf(instance.privateIp),
  };
  return texts[path];
}

function identityDocument(instance: HostedInstance): string {
  return JSON.stringify({
    accountId: instance.account,
    architecture: instance.architecture,
    availabilityZone: instance.availabilityZone,
    imageId: instance.imageId,
    instanceId: instance.id,
    instanceType: instance.instanceType,
    privateIp: instance.privateIp,
    region: instance.region,
    version: "2017-09-30",
  });
}

function tagAt(key: string, instance: HostedInstance): string | undefined {
  const tags = instance.tags();
  if (key !== "") return tags[key];
  return Object.keys(tags).length > 0 ? Object.keys(tags).join("\n") : undefined;
}

function credentialsAt(role: string, instance: HostedInstance): string | undefined {
  const credentials = instance.credentials();
  if (!credentials) return undefined;
  if (role === "") return credentials.roleName;
  if (role !== credentials.roleName) return undefined;
  return JSON.stringify({
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.token,
    Expiration: credentials.expiration.toISOString(),
  });
}

/** EC2 does not derive the MAC address from the IP address; here that keeps it stable. */
function macOf(privateIp: string): string {
  const bytes = privateIp.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["02", "00", ...bytes].join(":");
}

export interface MetadataService {
  /** `http://127.0.0.1:<port>`, which the machine reads from `AWS_EC2_METADATA_SERVICE_ENDPOINT`. */
  url: string;
  close(): void;
}

/**
 * Serves one machine's metadata on a free port of the loopback interface.
 *
 * @param isClosed whether the machine's own rules block requests from a port of
 * the machine
 */
export async function serveMetadata(
  instance: HostedInstance,
  isClosed: (port: number) => boolean,
): Promise<MetadataService> {
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    if (isClosed(request.socket.remotePort!)) return request.socket.destroy();
    const answer = (status: number, body: string | Buffer = "") => response.writeHead(status).end(body);
    const path = decodeURIComponent((request.url ?? "").split("?")[0]!).replace(/\/$/, "");
    if (request.method === "PUT" && path === "/latest/api/token") {
      const ttl = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      if (!(ttl >= 1 && ttl <= 21_600)) return answer(400);
      const token = randomBytes(32).toString("base64url");
      tokens.add(token);
      return answer(200, token);
    }
    if (request.method !== "GET") return answer(405);
    if (!tokens.has(String(request.headers["x-aws-ec2-metadata-token"]))) return answer(401);
    const body = metadataAt(path.replace(/^\/latest\//, ""), instance);
    return body === undefined ? answer(404) : answer(200, body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
