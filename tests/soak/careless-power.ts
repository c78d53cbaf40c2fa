import * as protocol from "../../runtime/agent/power.ts";

export * from "../../runtime/agent/power.ts";

/*
 * The power of an agent that considers its work done once it has asked for the
 * power-off. It ends, and the agent that systemd starts next does not know
 * about it.
 */

export function machinePower(...host: Parameters<typeof protocol.machinePower>): protocol.MachinePower {
  const [instanceId, marks, aws, run] = host;
  const power = protocol.machinePower(instanceId, marks, aws, (program, ...rest) =>
    program === "busctl" ? Promise.resolve({ code: 0, output: "b false" }) : run(program, ...rest),
  );
  return {
    ...power,
    powerOff: async () => {
      await power.powerOff();
      process.exit();
    },
    isPoweringOff: () => false,
  };
}
