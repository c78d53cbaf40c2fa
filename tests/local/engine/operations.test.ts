import type { EngineEvent, Stack, UpOptions } from "@pulumi/pulumi/automation/index.js";
import { expect } from "chai";
import { localStack } from "../../../local/engine/operations.ts";

/** The engine's events of an update; other events come between. */
const events = [
  { resOutputsEvent: { metadata: { type: "aws:ssm:Parameter", new: { outputs: { value: "x" } } } } },
  { resOutputsEvent: { metadata: { type: "pulumi:pulumi:Stack", new: { outputs: { smoke: [1] } } } } },
  { stdoutEvent: { message: "", color: "raw" } },
  { summaryEvent: { resourceChanges: { create: 2, same: 1 } } },
] as unknown as EngineEvent[];

/** Behaves like the Automation API: after an operation it starts the engine again, to read the result. */
class StartsAgain {
  starts: string[] = [];
  outputs(): Promise<object> {
    this.starts.push("stack output");
    return Promise.resolve({});
  }
  info(): Promise<object> {
    this.starts.push("stack history");
    return Promise.resolve({});
  }
  async up({ onEvent }: UpOptions): Promise<object> {
    this.starts.push("up");
    for (const event of events) onEvent?.(event);
    return { outputs: await this.outputs(), summary: await this.info() };
  }
  async destroy(): Promise<object> {
    this.starts.push("destroy");
    return { summary: await this.info() };
  }
}

describe("the stack of a local cloud", () => {
  const stackOf = (api: StartsAgain) => localStack(api as unknown as Stack);

  it("reads the result of an update from the engine's events, which other listeners receive as well", async () => {
    const heard: EngineEvent[] = [];
    const update = await stackOf(new StartsAgain()).up({ onEvent: (event) => heard.push(event) });
    expect(update).to.deep.equal({ changes: { create: 2, same: 1 }, outputs: { smoke: [1] } });
    expect(heard).to.deep.equal(events);
  });

  it("starts the engine once for each operation", async () => {
    const api = new StartsAgain();
    await stackOf(api).up();
    await stackOf(api).destroy();
    expect(api.starts).to.deep.equal(["up", "destroy"]);
  });
});
