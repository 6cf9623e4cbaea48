import type { Emitter, Target } from "../emitter.ts";
import { canBlock, emitBlockedConvolution } from "./blocked.ts";
import { canDouble, canTurnBlocked, emitBlockedDoubling, emitBlockedTurned } from "./blocked-transpose.ts";
import { emitTransposedByBatch, emitTransposedByImage } from "./columns.ts";
import {
  type ConvolutionCase,
  type ConvolutionResult,
  isPointwise,
  isTurnable,
  turnedCase,
  windowSize,
} from "./convolution-case.ts";
import { emitConvolutionByPatches, emitKernelGradientByPatches } from "./patches.ts";
import { emitPlainConvolution, emitPlainKernelGradient, emitPlainTranspose } from "./plain.ts";
import { emitKernelGradientByImage } from "./products.ts";
import { emitKernelGradientBySlices } from "./slices.ts";
import { emitTurnedColumns, emitTurnedConvolution, emitTurnedKernelGradient } from "./turned.ts";

/** One of several ways to compute the same convolution. All give the same numbers up to rounding. */
export interface ConvolutionForm {
  /** Whether it is right for these sizes on this target, and within the bounds of memory; not whether it is fast. */
  readonly applies: (sizes: ConvolutionCase, target: Target) => boolean;
  /** Writes it: from x and w, from y and w, or from x and y. */
  readonly emit: (emitter: Emitter, left: string, right: string, sizes: ConvolutionCase) => string;
}

/** Every number that a form lays out beside its input and result, at most: 256 MB. */
const MOST_NUMBERS = 2 ** 26;

function windowsFit(sizes: ConvolutionCase): boolean {
  const { geometry, outRows, outColumns, batch } = sizes;
  return windowSize(sizes) * geometry.groups * outRows * outColumns * batch <= MOST_NUMBERS;
}

/** Places of the kernel times places of the response, at most: an index, written into the graph, says what lies there. */
const MOST_INDICES = 2 ** 22;

function patchesFit(sizes: ConvolutionCase): boolean {
  const { rows, columns, outRows, outColumns } = sizes;
  return windowsFit(sizes) && rows * columns * outRows * outColumns <= MOST_INDICES;
}

/** A kernel's gradient for every image. */
const productsFit = (sizes: ConvolutionCase) => windowSize(sizes) * sizes.filters * sizes.batch <= MOST_NUMBERS;

/** Unit kernels are as many numbers as the square of the window, and work grows with them. */
const LARGEST_UNIT_WINDOW = 256;

const hasUnitWindow = (sizes: ConvolutionCase) => windowSize(sizes) <= LARGEST_UNIT_WINDOW && windowsFit(sizes);

const inOneGroup = ({ geometry }: ConvolutionCase) => geometry.groups === 1;

/** Whether image and response may change places. */
const canTurn = (sizes: ConvolutionCase) => inOneGroup(sizes) && isTurnable(sizes);

const plain = (emit: ConvolutionForm["emit"]): ConvolutionForm => ({ applies: () => true, emit });

/** The forms of y = w * x. */
const responseForms = {
  plain: plain(emitPlainConvolution),
  patches: { applies: patchesFit, emit: emitConvolutionByPatches },
  blocks: { applies: canBlock, emit: emitBlockedConvolution },
  "turned columns": {
    applies: (sizes, { cpu }) => cpu && canTurn(sizes) && windowsFit(turnedCase(sizes)),
    emit: emitTurnedColumns,
  },
} satisfies Record<string, ConvolutionForm>;

/** The forms of the transposed convolution: x from y and w. */
const imageForms = {
  plain: plain(emitPlainTranspose),
  "columns by image": {
    applies: (sizes, { cpu }) => cpu && windowsFit(sizes),
    emit: emitTransposedByImage,
  },
  "columns by batch": {
    applies: (sizes, { cpu }) => cpu && inOneGroup(sizes) && windowsFit(sizes),
    emit: emitTransposedByBatch,
  },
  turned: { applies: canTurn, emit: emitTurnedConvolution },
  "turned blocks": { applies: canTurnBlocked, emit: emitBlockedTurned },
  "doubling blocks": { applies: canDouble, emit: emitBlockedDoubling },
} satisfies Record<string, ConvolutionForm>;

/** The forms of the kernel's gradient: dw from x and y. */
const kernelForms = {
  plain: plain(emitPlainKernelGradient),
  patches: { applies: patchesFit, emit: emitKernelGradientByPatches },
  "products by image": {
    applies: (sizes) => inOneGroup(sizes) && productsFit(sizes) && (isPointwise(sizes) || hasUnitWindow(sizes)),
    emit: emitKernelGradientByImage,
  },
  "turned products": {
    applies: (sizes) => canTurn(sizes) && productsFit(sizes) && !isPointwise(sizes) && hasUnitWindow(turnedCase(sizes)),
    emit: emitTurnedKernelGradient,
  },
  slices: { applies: inOneGroup, emit: emitKernelGradientBySlices },
} satisfies Record<string, ConvolutionForm>;

export type ResponseForm = keyof typeof responseForms;
export type ImageForm = keyof typeof imageForms;
export type KernelForm = keyof typeof kernelForms;

const forms: Readonly<Record<ConvolutionResult, Readonly<Record<string, ConvolutionForm>>>> = {
  response: responseForms,
  image: imageForms,
  kernel: kernelForms,
};

/** Every form that applies, by name; the plain one is always there. */
export function applicableForms(sizes: ConvolutionCase, target: Target): ReadonlyMap<string, ConvolutionForm> {
  return new Map(Object.entries(forms[sizes.result]).filter(([, { applies }]) => applies(sizes, target)));
}
