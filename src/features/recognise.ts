import { AtelierError } from "../foundation/errors.ts";
import type { Tensor } from "../graph/index.ts";
import type { Body } from "./architectures.ts";
import { inputConvention, type OwnArithmetic, ownArithmetic } from "./input-convention.ts";
import { conventionInWords, isUniform, type PixelConvention } from "./pixel-convention.ts";
import {
  certainPreset,
  conventionOf,
  isImageNetCount,
  isPresetName,
  type PresetName,
  presetNames,
  presetOf,
  presetsFor,
} from "./presets.ts";

/** What is known of a network from its file. */
export interface Seen {
  readonly body: Body | undefined;
  /** Columns of its classifier. */
  readonly classes: number | undefined;
  /** Channels of its input. */
  readonly channels: 1 | 3;
  readonly image: Tensor;
  readonly producer: string;
  /** Names of its weights. */
  readonly parameters: readonly string[];
}

export interface RecognisedPixels {
  /** What the input of the file wants. */
  readonly convention: PixelConvention;
  /** Pixels of each side, where the file leaves it open. */
  readonly size: number;
  /** What the file was taken for, and why. */
  readonly recognised: string;
}

interface Wishes {
  readonly preset?: string | undefined;
  readonly pixels?: PixelConvention | undefined;
}

/**
 * How a network wants its pixels: as the user says, or as the file leaves no doubt.
 * @throws AtelierError (usage) when there is doubt, or the preset is for another network than the file holds.
 */
export function recognisePixels(file: string, seen: Seen, { preset, pixels }: Wishes): RecognisedPixels {
  const { body, classes, channels, producer, parameters } = seen;
  const architecture = body?.architecture;
  const what = described(seen);
  const usual = architecture === "Inception-v3" ? 299 : 224;
  if (pixels !== undefined) {
    assertChannels(file, channels, pixels);
    return { convention: pixels, size: usual, recognised: `${what} (pixels as given)` };
  }
  const own = body?.firstSeen !== undefined && channels === 3 ? ownArithmetic(body.firstSeen, seen.image) : plain;
  if (preset !== undefined) {
    if (!isPresetName(preset)) throw noSuchPreset(preset);
    const { architecture: meant, size } = presetOf(preset);
    const because = `--preset ${preset}`;
    if (meant === undefined) {
      assertChannels(file, channels, conventionOf(preset));
      return { convention: conventionOf(preset), size: usual, recognised: `${what} (${because})` };
    }
    if (meant !== architecture) throw otherNetwork(preset, file, what);
    return { convention: fittedConvention(file, preset, own), size, recognised: `${what} (${because})` };
  }
  if (architecture !== undefined && own.isPresent) {
    const fitting = presetsFor(architecture).filter((name) => inputConvention(own, conventionOf(name)) !== undefined);
    const [name, another] = fitting;
    if (name !== undefined && another === undefined) {
      const { size } = presetOf(name);
      const recognised = `${what} (by its convolutions, and by what it does to pixels itself)`;
      return { convention: fittedConvention(file, name, own), size, recognised };
    }
  }
  const certain =
    architecture === undefined || body === undefined || own.isPresent
      ? undefined
      : certainPreset({ architecture, classes, producer, parameters, stridedPoints: body.stridedPoints });
  if (certain === undefined) throw inDoubt(file, seen, what);
  return {
    convention: conventionOf(certain.preset),
    size: presetOf(certain.preset).size,
    recognised: `${what} (by its convolutions; ${certain.because})`,
  };
}

const plain: OwnArithmetic = { isPresent: false, see: (colour) => colour };

function described({ body, classes }: Seen): string {
  const count = body?.convolutions ?? 0;
  const name = body?.architecture ?? `a network of ${count} convolution${count === 1 ? "" : "s"}`;
  return classes === undefined ? name : `${name} with ${classes} ${isImageNetCount(classes) ? "classes" : "outputs"}`;
}

function fittedConvention(file: string, preset: PresetName, own: OwnArithmetic): PixelConvention {
  const convention = inputConvention(own, conventionOf(preset));
  if (convention !== undefined) return convention;
  throw new AtelierError({
    kind: "usage",
    where: `${file}: --preset ${preset}`,
    expected: `a first convolution that can be given ${conventionInWords(conventionOf(preset))}`,
    received: "a file that changes its pixels first, in a way that no known form of pixels fits",
    help: `say what the input of the file wants: --preset ${anyNetwork.join(", ")}`,
  });
}

const GREY_HELP =
  "for a network of grey pictures, choose --preset unit (0 to 1), tensorflow (-1 to 1) or bytes (0 to 255)";

const anyNetwork = presetNames.filter((name) => presetOf(name).architecture === undefined);

function assertChannels(file: string, channels: 1 | 3, convention: PixelConvention): void {
  if (channels === 3 || isUniform(convention)) return;
  throw new AtelierError({
    kind: "usage",
    where: `${file}: --preset`,
    expected: "one number for the one channel of its input",
    received: conventionInWords(convention),
    help: GREY_HELP,
  });
}

function noSuchPreset(name: string): AtelierError {
  const received = `"${name}"`;
  return new AtelierError({
    kind: "usage",
    where: "--preset",
    expected: `one of ${presetNames.join(", ")}`,
    received,
    help: "choose the network that the file holds, or the form in which its input wants its pixels",
  });
}

function otherNetwork(preset: PresetName, file: string, what: string): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: `${file}: --preset ${preset}`,
    expected: `${presetOf(preset).architecture}`,
    received: what,
    help: `for another network, say how its input wants its pixels: --preset ${anyNetwork.join(", ")}`,
  });
}

function inDoubt(file: string, { body, channels, producer }: Seen, what: string): AtelierError {
  const [published, keras] = body?.architecture === undefined ? [] : presetsFor(body.architecture);
  return new AtelierError({
    kind: "usage",
    where: `${file}: --preset`,
    expected: "the form in which the network wants its pixels, which its file does not say",
    received: `${what}${producer === "" ? "" : `, written by ${producer}`}`,
    help: channels === 1 ? GREY_HELP : byOrigin(published, keras),
  });
}

/** Where a file was fetched is what a user knows of it. */
function byOrigin(published: PresetName | undefined, keras: PresetName | undefined): string {
  const otherwise = `otherwise choose what it was trained with among ${anyNetwork.join(", ")} (docs/features.md explains them)`;
  if (published === undefined) {
    return `where it was downloaded tells: from PyTorch, add --preset torchvision; from TensorFlow or Keras, --preset tensorflow (the first VGGs and ResNets of Keras: caffe); ${otherwise}`;
  }
  if (keras === undefined) return `add --preset ${published} if it is the published one; ${otherwise}`;
  return `where it was downloaded tells: from PyTorch, add --preset ${published}; from Keras, --preset ${keras}; ${otherwise}`;
}
