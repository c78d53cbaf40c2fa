import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { Hono } from "hono";

/**
 * Serves one file as every release of the runner. An interrupted download can
 * be resumed (`Range: bytes=N-`).
 */
export function releaseRoutes(tarball: { path: string } | undefined): Hono {
  const app = new Hono();
  app.get("/actions/runner/releases/download/:tag/:file", async (c) => {
    const isRelease = /^actions-runner-linux-(x64|arm64)-[\d.]+\.tar\.gz$/.test(c.req.param("file"));
    if (!tarball || !isRelease) return c.text("Not Found", 404);
    const { size } = await stat(tarball.path);
    const start = Number(/^bytes=(\d+)-$/.exec(c.req.header("range") ?? "")?.[1] ?? 0);
    if (start >= size) return c.body(null, 416, { "content-range": `bytes */${size}` });
    return new Response(Readable.toWeb(createReadStream(tarball.path, { start })) as ReadableStream, {
      status: start > 0 ? 206 : 200,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(size - start),
        ...(start > 0 ? { "content-range": `bytes ${start}-${size - 1}/${size}` } : {}),
      },
    });
  });
  return app;
}
