/*
 * `npm run bench`: figures beside a reference from the same run. It prints
 * figures and asserts nothing, because a loaded computer is not a fault of the
 * code. `npm run bench wake controller` runs only these parts.
 */

/** Each part is imported only when it is requested: some load Pulumi and the whole local cloud. */
const parts: Readonly<Record<string, () => Promise<string>>> = {
  preview: async () => (await import("./preview.ts")).previewTable(),
  machine: async () => (await import("./machine.ts")).machineTable(),
  bundles: async () => (await import("./bundles.ts")).bundlesTable(),
  webhook: async () => (await import("./webhook.ts")).webhookTable(),
  wake: async () => (await import("./wake.ts")).wakeTable(),
  controller: async () => (await import("./controller.ts")).controllerTable(),
};

const all = Object.keys(parts);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));

if (unknown.length > 0) {
  console.error(`The benchmark has no part ${unknown.join(", ")}. Its parts are ${all.join(", ")}.`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : all) console.log(`${name}\n\n${await parts[name]!()}\n`);
}
