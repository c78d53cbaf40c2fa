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
      .describe("Generation by runner number; 1 if not named. Raising it gives that runner a new machine."),
    instanceType: text(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an instance type", "m5.xlarge")
      .default(defaults.instanceType)
      .describe(
        "EC2 instance type. Burstable types run without unlimited credits: when their credits are spent, they fall back to [their baseline](cost.md#burstable-types).",
      ),
    priceUsdPerHour: z
      .number()
      .min(0)
      .max(limits.priceUsdPerHour)
      .optional()
      .describe(
        "What an hour of a running machine costs you, in US dollars. Set it if you do not pay AWS's on-demand price, or if Longhaul does not know the price ([cost](cost.md#prices)).",
      ),
    architecture: z
      .enum(["x64", "arm64"])
      .optional()
      .describe("Architecture of the machines. Default: the instance type's."),
    image: imageSchema.prefault({}),
    disk: diskSchema.prefault({}),
    labels: z
      .array(z.string())
      .default([...defaults.labels])
      .describe(
        "Labels that workflows ask for. Each machine also gets `self-hosted`, `linux` and its architecture.",
      ),
    runner: runnerSoftwareSchema.prefault({}),
    docker: z.boolean().default(true).describe("Docker for jobs. A job with Docker is root on its machine."),
    dockerLiveRestore: z
      .boolean()
      .default(true)
      .describe(
        "Whether containers, and with them jobs, survive a restart of Docker's daemon (its `live-restore`). Set false where jobs use `docker swarm`: Docker refuses `docker swarm init` while it is on. False leaves the image's own setting as it is; with `image.baked` the image's setting always stays.",
      ),
    sudo: z
      .boolean()
      .default(false)
      .describe(
        "Whether jobs may use sudo without a password. With false, an image's user with administrator's rights [loses them](images.md#the-images-own-user).",
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
        "Shell lines run as root at each boot, and so after each sleep, after `bootSteps` and before the machine takes jobs: for what does not survive a power-off, such as mounts, swap and `sysctl`. If a line fails, the machine takes no jobs ([boot-failed](troubleshooting.md#boot-failed)).",
      ),
    tags: tagsSchema.describe(
      "Tags of your own on the fleet's resources, in addition to the environment's. If both have a key, the fleet's value holds. They can be changed while machines run ([tags](tags.md)).",
    ),
  })
  .describe("One fleet: runners of one shape.");

export const fleetsSchema = z
  .record(z.string().meta({ title: "name" }), fleetSchema)
  .refine((fleets) => Object.keys(fleets).length > 0, "must name at least one fleet")
  .describe("Fleets by name.");
