/*
 * Which environment a smoke test's workflow file belongs to. The file itself
 * says so, in its first line: the stack's state can be lost, and then it must
 * still be certain who made the file.
 */

const mark = /^# Made by Longhaul for the environment ([^ :]+): /;

/** The workflow's whole text as an environment commits it. */
export function smokeWorkflowText(environment: string, template: string): string {
  return (
    `# Made by Longhaul for the environment ${environment}: "pulumi up" overwrites changes, ` +
    `"pulumi destroy" deletes it.\n${template}`
  );
}

/** The environment that a file was made for; undefined for a file that Longhaul has not made. */
export function environmentOfWorkflow(text: string): string | undefined {
  return mark.exec(text)?.[1];
}

/** Path of a workflow file in its repository. */
export const workflowPath = (file: string): string => `.github/workflows/${file}`;
