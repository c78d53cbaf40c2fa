import type { Batch } from "./many.ts";
import { liveBatch } from "./many.ts";

/* One of the processes of `liveMany`: a batch of schedules for each message, until the connection is closed. */

process.on("message", (batch: Batch) => {
  process.send!(liveBatch(batch));
});
