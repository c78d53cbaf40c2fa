export type { HostedInstance, MachineHost, PowerDown, SystemdTimes } from "./host.ts";
export type { MachineHostOptions } from "./process-host.ts";
export { createMachineHost, reapMachines } from "./process-host.ts";
export { whyNoSizedDisk } from "./sized-disk.ts";
