import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { Failure } from "../../contract/failure.ts";
import type { CloudOptions } from "../cloud.ts";
import { cloudFile, startCloudHere } from "./cloud-handle.ts";
import type { CloudFile } from "./cloud-handle.ts";
import { holdFolder } from "./folder-hold.ts";

/**
 * The body of `longhaul local serve`. Like a real cloud, this one outlives the
 * command that started it: it is a process of its own, which is found and
 * controlled through a file in its folder until it is stopped.
 */
export async function serveCloud(options: CloudOptions): Promise<void> {
  const hold = await holdFolder(options.dir, "cloud");
  if (!hold.held) {
    throw new Failure(
      `Another local cloud runs in ${options.dir} (process ${hold.holder.pid ?? "unknown"}).`,
    );
  }
  const cloud = await startCloudHere(options);
  const secret = randomBytes(24).toString("base64url");
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = () => void cloud.stop().then(resolve);
  });
  process.once("SIGTERM", stop).once("SIGINT", stop);

  const app = new Hono();
  app.use(bearerAuth({ token: secret }));
  app.get("/", (c) => c.json({}));
  app.get("/boot-seconds", async (c) => c.json(await cloud.bootSeconds()));
  app.post("/pace/:factor", async (c) => {
    await cloud.setPace(Number(c.req.param("factor")));
    return c.json({});
  });
  app.post("/stop", async (c) => {
    stop();
    await stopped;
    return c.json({});
  });
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => {
      resolve(started);
    });
  });

  const { port } = server.address() as AddressInfo;
  const { environment } = cloud;
  const file: CloudFile = { pid: process.pid, url: `http://127.0.0.1:${port}`, secret, environment };
  const path = cloudFile(options.dir);
  // Rename the file into place, so that readers never see half of it.
  await writeFile(`${path}.new`, JSON.stringify(file), { mode: 0o600 });
  await rename(`${path}.new`, path);
  await stopped;
  await rm(path, { force: true });
  hold.release();
  server.close(); // The answer to /stop is still being sent.
}
