import { readMachineAssets } from "../../components/assets.ts";
import { startEnvironment } from "../environment.ts";
import { measureMachine } from "./machine.ts";
import { table } from "./measure.ts";
import { measurePreview } from "./preview.ts";
import { defaultUserDataBytes } from "./user-data.ts";

/*
 * `npm run bench`: figures beside a reference from the same run. It prints and
 * asserts nothing: a loaded computer is no fault of the code.
 */

const environment = await startEnvironment({ agent: { pollSeconds: 30 } });
try {
  const rows = [];
  for (const runners of [1, 10, 100]) {
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
  console.log(table(["runners", "resources", "evaluation", "preview", "bare resources", "ratio"], rows));

  const { launchToJob, agentMb, agentCpuPercent } = await measureMachine(environment);
  const bytes = defaultUserDataBytes(readMachineAssets());
  console.log(
    `\n${table(
      ["figure", "value"],
      [
        ["machine launched → job in progress", `${launchToJob.toFixed(1)} s`],
        ["agent, memory after a minute idle", `${agentMb.toFixed(0)} MB`],
        ["agent, processor over a minute idle", `${agentCpuPercent.toFixed(2)} % of a core`],
        ["user data", `${bytes} of 16384 bytes`],
      ],
    )}`,
  );
  await environment.destroy();
} finally {
  await environment.close();
}
