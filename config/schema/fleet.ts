import { z } from "zod";
import { autoShutdownSchema } from "./auto-shutdown.ts";
import { defaults } from "../defaults.ts";
import { limits } from "../limits.ts";
import { diskSchema, imageSchema, runnerSoftwareSchema } from "./machine.ts";
import { text } from "./text.ts";

export const fleetSchema = z
  .strictObject({
    runners: z.int().min(1).max(limits.runnersPerFleet).default(1).describe("Number of runners."),
    generations: z
      .record(
        z.string().regex(/^[1-9]\d*$/, "must be a runner's number"),
        z.int().min(1).describe("The generation."),
      )
      .default({})
      .describe("Generation by runner number; 1 where not named. Raising it rotates that runner."),
    instanceType: text(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an instance type", "m5.xlarge")
      .default(defaults.instanceType)
      .describe(
        "EC2 instance type. Burstable ones run without unlimited credits: at [their baseline](cost.md#burstable-types), once these are spent.",
      ),
    priceUsdPerHour: z
      .number()
      .min(0)
      .max(limits.priceUsdPerHour)
      .optional()
      .describe(
        "What an hour of a running machine costs you, in US dollars, where it is another price than AWS's on demand or one that Longhaul does not know ([cost](cost.md#prices)).",
      ),
    architecture: z.enum(["x64", "arm64"]).optional().describe("Default: the one of the instance type."),
    image: imageSchema.prefault({}),
    disk: diskSchema.prefault({}),
    labels: z
      .array(z.string())
      .default([...defaults.labels])
      .describe(
        "Labels that workflows ask for. Each machine gets `self-hosted`, `linux` and its architecture with them.",
      ),
    runner: runnerSoftwareSchema.prefault({}),
    docker: z.boolean().default(true).describe("Docker for jobs. A job with Docker is root on its machine."),
    sudo: z.boolean().default(false).describe("Whether jobs may use sudo without a password."),
    autoShutdown: autoShutdownSchema.prefault({}),
    bootSteps: z
      .array(
        z
          .string()
          .min(1)
          .refine((line) => !line.includes("\0"), "must not contain a NUL character"),
      )
      .default([])
      .describe(
        "Shell lines run as root at the first boot, before the machine registers. No secrets: every process on the machine can read them.",
      ),
  })
  .describe("One fleet: runners of one shape.");

export const fleetsSchema = z
  .record(z.string(), fleetSchema)
  .refine((fleets) => Object.keys(fleets).length > 0, "must name at least one fleet")
  .describe("Fleets by name.");
