import { startEnvironment } from "./engine/environment.ts";
const t0 = performance.now();
const s = () => ((performance.now() - t0) / 1000).toFixed(1);
const e = await startEnvironment();
try {
  await e.configure();
  console.log(s(), "env");
  const p = await e.preview().catch((err) => {
    console.log(e.lastOutput());
    throw err;
  });
  console.log(s(), p.changeSummary);
  const p2 = await e.preview();
  console.log(s(), p2.changeSummary);
} finally {
  await e.close();
}
console.log(s());
