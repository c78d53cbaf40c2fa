export type { HostedInstance, MachineHost, PowerDown } from "./host.ts";
export type { MachineHostOptions } from "./process-host.ts";
export { createMachineHost, reapMachines } from "./process-host.ts";
