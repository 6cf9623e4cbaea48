export { type DeviceName, type DeviceStatus, deviceNames, probeDevice, requireDevice } from "./devices.ts";
export { Program, type ProgramDefinition, type StateUpdate, type StateValues } from "./program.ts";
export { type Feeds, Held, type HostArray, OnnxSession, Session, type SessionOptions } from "./session.ts";
export { targetOf } from "./targets.ts";
