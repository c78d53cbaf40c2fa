/**
 * Text of a workflow with one job, which runs a script on the fleet `cloud`
 * after a dispatch.
 *
 * @param script its lines
 */
export function workFile(script: string): string {
  const lines = script.trim().replaceAll("\n", "\n          ");
  return `
name: Work
on: workflow_dispatch
jobs:
  work:
    runs-on: [self-hosted, cloud]
    steps:
      - run: |
          ${lines}
`;
}
