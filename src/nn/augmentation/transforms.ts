export const transformNames = [
  "mirror",
  "quarterTurn",
  "translation",
  "scale",
  "brightness",
  "contrast",
  "saturation",
  "cutout",
  "noise",
] as const;
/** A random change of images that gradients flow through. */
export type TransformName = (typeof transformNames)[number];
