import { installPythonTools } from "./python-tools.ts";
import "../end-in-words.ts";

/*
 * `npm run test-tools` installs the tools without which some tests and checks are
 * skipped. In CI those tests and checks fail instead of being skipped.
 */

await installPythonTools((line) => {
  console.log(line);
});
