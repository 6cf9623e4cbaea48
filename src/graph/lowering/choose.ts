import { internalError } from "../../foundation/errors.ts";
import type { Emitter, Target } from "../emitter.ts";
import {
  type ConvolutionCase,
  type ConvolutionGeometry,
  type ConvolutionResult,
  type ConvolutionShapes,
  caseKey,
  isPointwise,
  sizesOf,
} from "./convolution-case.ts";
import { applicableForms, type ImageForm, type KernelForm, type ResponseForm } from "./forms.ts";
import { emitPlainConvolution, emitPlainKernelGradient, emitPlainTranspose } from "./plain.ts";

/** What an open batch dimension leaves. */
const plainForms = {
  response: emitPlainConvolution,
  image: emitPlainTranspose,
  kernel: emitPlainKernelGradient,
} satisfies Record<ConvolutionResult, unknown>;

/** Writes a convolution in the form that the target chooses, or in the one of the rules below. */
export function emitConvolution(
  emitter: Emitter,
  [left, right]: readonly [string, string],
  result: ConvolutionResult,
  geometry: ConvolutionGeometry,
  shapes: ConvolutionShapes,
): string {
  const open = sizesOf(result, geometry, shapes);
  const [batch] = shapes.x;
  if (typeof batch !== "number") return plainForms[result](emitter, left, right, open);
  const sizes = { ...open, batch };
  const candidates = convolutionCandidates(sizes, emitter.target);
  const [rule = "plain"] = candidates;
  const name = emitter.target.choose?.(sizes, candidates) ?? rule;
  const form = applicableForms(sizes, emitter.target).get(name);
  if (form === undefined) throw internalError("emitConvolution", `no form called ${name} for the ${caseKey(sizes)}`);
  return form.emit(emitter, left, right, sizes);
}

/** Names of the forms that apply, the one that the rules pick first. */
export function convolutionCandidates(sizes: ConvolutionCase, target: Target): readonly string[] {
  const applicable = applicableForms(sizes, target);
  const preferred = target.cpu ? preferredForms(sizes) : [];
  const rule = preferred.find((name) => applicable.has(name)) ?? "plain";
  return [rule, ...[...applicable.keys()].filter((name) => name !== rule)];
}

// The rules: forms in order of preference, of which the first that applies is taken, else the plain operator. The
// thresholds were measured on 2 cores with AVX-512: layers of DCGANs (1 to 512 channels, maps of 2 to 64 pixels, batches of
// 32 to 128), of residual nets (kernels of 3 and 1) and depthwise ones.

function preferredForms(sizes: ConvolutionCase): readonly string[] {
  switch (sizes.result) {
    case "response":
      return preferredResponse(sizes);
    case "image":
      return preferredImage(sizes);
    case "kernel":
      return preferredKernel(sizes);
  }
}

/** So few channels or filters that matrix products over them are thin: those of pictures. */
const FEW = 4;

function preferredResponse(sizes: ConvolutionCase): readonly ResponseForm[] {
  const { geometry, channels, filters, rows, columns, outRows } = sizes;
  if (geometry.groups > 1) return ["blocks"];
  if (channels < 16 || rows * columns === 1) return [];
  if (filters <= FEW) return ["turned columns"];
  if (outRows <= 2 || (outRows <= 4 && channels >= 128)) return ["patches", "blocks"];
  return outRows <= 4 || (outRows <= 8 && channels >= 64) ? ["blocks", "patches"] : ["blocks"];
}

function preferredImage(sizes: ConvolutionCase): readonly ImageForm[] {
  const { geometry, channels, filters, outRows } = sizes;
  if (geometry.groups > 1) return ["turned blocks"];
  if (isPointwise(sizes) || filters <= FEW) return ["turned"];
  if (channels < 16) return ["columns by image"];
  if (outRows <= 2) return ["columns by batch"];
  return outRows <= 4 ? ["doubling blocks", "columns by batch"] : ["doubling blocks", "turned blocks", "turned"];
}

function preferredKernel(sizes: ConvolutionCase): readonly KernelForm[] {
  const { geometry, channels, filters, outRows, outColumns } = sizes;
  if (geometry.groups > 1) return ["patches"];
  if (channels <= FEW) return ["products by image", "patches"];
  if (filters <= FEW) return ["turned products", "patches"];
  if (isPointwise(sizes) && outRows * outColumns >= 128) return ["products by image"];
  return channels >= 16 && filters >= 16 ? ["patches", "slices"] : ["patches"];
}
