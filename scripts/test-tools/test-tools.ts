import { installPythonTools } from "./python-tools.ts";
import "../end-in-words.ts";

/*
 * `npm run test-tools`: installs what tests and checks are skipped without. In
 * CI they are not skipped but fail.
 */

await installPythonTools((line) => {
  console.log(line);
});
