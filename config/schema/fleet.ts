import * as z from "zod";
import { autoShutdownSchema } from "./auto-shutdown.ts";
import { defaults } from "../defaults.ts";
import { limits } from "../limits.ts";
import { diskSchema, imageSchema, runnerSoftwareSchema } from "./machine.ts";
import { tagsSchema } from "./tags.ts";
import { text } from "./text.ts";

const shellLines = z
  .string()
  .min(1)
  .refine((line) => !line.includes("\0"), "must not contain a NUL character");

export const fleetSchema = z
  .strictObject({
    runners: z.int().min(1).max(limits.runnersPerFleet).default(1).describe("Number of runners."),
    generations: z
      .record(
        z
          .string()
          .regex(/^[1-9]\d*$/, "must be a runner's number")
          .meta({ title: "number" }),
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
    dockerLiveRestore: z
      .boolean()
      .default(true)
      .describe(
        "Whether containers outlive a restart of Docker's daemon (its `live-restore`), and jobs with them. Off where jobs use `docker swarm`: Docker refuses `docker swarm init` beside it. Off leaves a setting of the image's own as it is; with `image.baked` any setting stays as the image has it.",
      ),
    sudo: z
      .boolean()
      .default(false)
      .describe(
        "Whether jobs may use sudo without a password. Where not, a user that the image brings along as an administrator [loses its rights](images.md#the-images-own-user).",
      ),
    autoShutdown: autoShutdownSchema.prefault({}),
    bootSteps: z
      .array(shellLines)
      .default([])
      .describe(
        "Shell lines run as root at the first boot, before the machine registers. No secrets: every process on the machine can read them.",
      ),
    everyBoot: z
      .array(shellLines)
      .default([])
      .describe(
        "The same, run at each boot, and so after each sleep, behind `bootSteps` and before the machine takes jobs: for what no power-off outlives, such as mounts, swap and `sysctl`. One that fails keeps the machine from taking jobs ([boot-failed](troubleshooting.md#boot-failed)).",
      ),
    tags: tagsSchema.describe(
      "Tags of your own on what is the fleet's, beside the environment's. Of two with one key, the fleet's holds. They can be changed while machines run ([tags](tags.md)).",
    ),
  })
  .describe("One fleet: runners of one shape.");

export const fleetsSchema = z
  .record(z.string().meta({ title: "name" }), fleetSchema)
  .refine((fleets) => Object.keys(fleets).length > 0, "must name at least one fleet")
  .describe("Fleets by name.");
