import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/*
 * `node --import tsx scripts/side-by-side.ts <script>…`: runs npm scripts at
 * the same time. The output of each is printed as a whole when it has ended.
 * Exit code 1 when one of them failed.
 */

async function runScript(name: string): Promise<boolean> {
  const child = spawn("npm", ["run", "--silent", name], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (code !== 0) console.error(`npm run ${name} failed.`);
  return code === 0;
}

const succeeded = await Promise.all(process.argv.slice(2).map(runScript));
if (succeeded.includes(false)) process.exitCode = 1;
