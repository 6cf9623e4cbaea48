/** In the order in which they are applied. */
export const transformNames = [
  "mirror",
  "quarterTurn",
  "scale",
  "translation",
  "brightness",
  "hue",
  "saturation",
  "contrast",
  "noise",
  "cutout",
] as const;
/** A random change of images that gradients flow through. */
export type TransformName = (typeof transformNames)[number];
