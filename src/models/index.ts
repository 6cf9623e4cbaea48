import type { Architecture } from "./architecture.ts";
import { dcgan } from "./dcgan.ts";
import { mlp } from "./mlp.ts";

export type { Architecture, ArchitectureOptions, ImageFormat } from "./architecture.ts";

export const architectureNames = ["dcgan", "mlp"] as const;
export type ArchitectureName = (typeof architectureNames)[number];

export const architectures: Readonly<Record<ArchitectureName, Architecture>> = { dcgan, mlp };
