import { Instance } from "@pulumi/aws/ec2/instance.js";
import { Parameter } from "@pulumi/aws/ssm/parameter.js";
import { Command } from "@pulumi/command/local/command.js";
import type { LocalStack } from "../../local/engine/operations.ts";
import program from "../../index.ts";
import { startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { median, seconds, table } from "./measure.ts";

const repetitions = 3;
const sizes = [1, 10, 100];

/** The time that the stack takes by number of runners, beside the engine's minimum. */
export async function previewTable(): Promise<string> {
  const environment = await startEnvironment();
  try {
    const rows: string[][] = [];
    for (const runners of sizes) {
      const { resources, evaluation, preview, floor } = await measurePreview(environment, runners);
      rows.push([
        String(runners),
        String(resources),
        `${evaluation.toFixed(2)} s`,
        `${preview.toFixed(2)} s`,
        `${floor.toFixed(2)} s`,
        (preview / floor).toFixed(2),
      ]);
    }
    return table(["runners", "resources", "evaluation", "preview", "bare resources", "ratio"], rows);
  } finally {
    await environment.close();
  }
}

/** Seconds that a stack with a number of runners takes, beside as many resources that do nothing. */
interface PreviewFigures {
  runners: number;
  resources: number;
  /** The program alone, without the engine. */
  evaluation: number;
  preview: number;
  /** The preview of a program that only registers as many bare resources, which is the engine's minimum. */
  floor: number;
}

async function measurePreview(environment: TestEnvironment, runners: number): Promise<PreviewFigures> {
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
  const { resources } = await preview(stack, timed); // This also warms the module cache.
  evaluations.length = 0;
  const [previews, floors]: [number[], number[]] = [[], []];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    previews.push((await preview(stack, timed)).seconds);
    floors.push((await preview(stack, () => bareResources(resources, runners))).seconds);
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
  stack: LocalStack,
  run: () => Promise<object>,
): Promise<{ seconds: number; resources: number }> {
  let resources = 0;
  const took = await seconds(async () => {
    const { changeSummary } = await stack.preview({ program: run as () => Promise<Record<string, unknown>> });
    resources = changeSummary.create ?? 0;
  });
  return { seconds: took, resources };
}

/**
 * As many resources of the same types as the stack has for its runners, and
 * parameters for the rest, with only the required inputs. They use the SDK's
 * own classes, because the cost of those is not under our control. The stack
 * itself counts as one.
 */
function bareResources(count: number, runners: number): Promise<object> {
  const bare = (name: string) => new Parameter(name, { type: "String", value: "x" });
  for (let index = 0; index < runners; index += 1) {
    new Instance(`bare-${index}`, { ami: "ami-0123456789abcdef0", instanceType: "m5.xlarge" });
    bare(`token-${index}`);
    new Command(`bare-${index}`, { create: "true" });
  }
  for (let index = runners * 3 + 1; index < count; index += 1) bare(`bare-${index}`);
  return Promise.resolve({});
}
