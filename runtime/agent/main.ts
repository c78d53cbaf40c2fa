/*
 * Entry point of the agent: `node agent.mjs` supervises the runner,
 * `node agent.mjs register` registers it. The only module that reads the
 * process's environment.
 */
process.stdout.write("agent\n");
