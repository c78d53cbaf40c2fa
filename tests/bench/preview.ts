import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import program from "../../index.ts";
import type { TestEnvironment } from "../engine/environment.ts";
import { median, seconds } from "./measure.ts";

const repetitions = 3;

/** Seconds that a stack of so many runners takes, beside as many resources that do nothing. */
export interface PreviewFigures {
  runners: number;
  resources: number;
  /** Running the program, without waiting for the engine. */
  evaluation: number;
  preview: number;
  /** The preview of a program that only registers as many bare resources: the engine's floor. */
  floor: number;
}

export async function measurePreview(environment: TestEnvironment, runners: number): Promise<PreviewFigures> {
  await environment.configure((config) => {
    (config["longhaul:fleets"] as Record<string, Record<string, unknown>>).cloud!.runners = runners;
  });
  const { stack } = environment;
  const evaluations: number[] = [];
  const timed = async () => {
    const started = performance.now();
    const outputs = await program();
    evaluations.push((performance.now() - started) / 1000);
    return outputs;
  };
  const { resources } = await preview(stack, timed); // Also warms the module cache.
  evaluations.length = 0;
  const [previews, floors]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    previews.push((await preview(stack, timed)).seconds);
    floors.push((await preview(stack, () => bareResources(resources))).seconds);
  }
  return {
    runners,
    resources,
    evaluation: median(evaluations),
    preview: median(previews),
    floor: median(floors),
  };
}

async function preview(
  stack: Stack,
  run: () => Promise<object>,
): Promise<{ seconds: number; resources: number }> {
  let resources = 0;
  const took = await seconds(async () => {
    const { changeSummary } = await stack.preview({ program: run as () => Promise<Record<string, unknown>> });
    resources = changeSummary.create ?? 0;
  });
  return { seconds: took, resources };
}

/** The stack itself is one of the resources. */
function bareResources(count: number): Promise<object> {
  for (let index = 1; index < count; index += 1) {
    new BareResource("aws:ssm/parameter:Parameter", `bare-${index}`, {
      name: `/bare/${index}`,
      type: "String",
      value: "x",
    });
  }
  return Promise.resolve({});
}

class BareResource extends pulumi.CustomResource {}
