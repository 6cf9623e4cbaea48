import { AtelierError, messageOf } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { OnnxSession } from "../runtime/index.ts";
import { type CoderMetadata, type CoderPart, damagedCoder, readCoderMetadata } from "./autoencoder-files.ts";
import { toBytes } from "./picture.ts";

/** The files of a trained encoder and its decoder, as a run writes them. */
export interface AutoencoderFiles {
  readonly encoder: string;
  readonly decoder: string;
}

/** Images that one run of a network takes at most: bounds the memory of the layers between. */
const BATCH = 64;

interface Coder {
  readonly session: OnnxSession;
  readonly metadata: CoderMetadata;
}

/**
 * A trained autoencoder, from its `encoder.onnx` and `decoder.onnx` alone.
 * @example
 * const autoencoder = await Autoencoder.load({ encoder: "runs/faces/encoder.onnx", decoder: "runs/faces/decoder.onnx" });
 * const codes = await autoencoder.encode(bytes);
 */
export class Autoencoder {
  readonly metadata: Omit<CoderMetadata, "part">;
  readonly #encoder: OnnxSession;
  readonly #decoder: OnnxSession;

  private constructor(encoder: Coder, decoder: Coder) {
    const { part: _part, ...metadata } = decoder.metadata;
    this.metadata = metadata;
    this.#encoder = encoder.session;
    this.#decoder = decoder.session;
  }

  /** @throws AtelierError (usage) when a file is not there, (file) when it is no such network or they are of two models. */
  static async load(files: AutoencoderFiles): Promise<Autoencoder> {
    const encoder = await openCoder(files.encoder, "encoder");
    const decoder = await openCoder(files.decoder, "decoder");
    const { part: _part, ...own } = encoder.metadata;
    if (JSON.stringify({ part: "decoder", ...own }) !== JSON.stringify({ ...decoder.metadata })) {
      throw new AtelierError({
        kind: "file",
        where: files.decoder,
        expected: `the decoder of ${files.encoder}, of ${described(encoder.metadata)}`,
        received: `one of ${described(decoder.metadata)}`,
        help: "name the two files of one run",
      });
    }
    return new Autoencoder(encoder, decoder);
  }

  /**
   * The codes of images, [count, latent].
   * @param images pixels 0…255, [count, channels, height, width].
   */
  async encode(images: Uint8Array): Promise<Float32Array> {
    const { latent, format } = this.metadata;
    const { channels, height, width } = format;
    const count = countOf(images, this.#imageBytes, "images");
    const codes = new Float32Array(count * latent);
    for (let first = 0; first < count; first += BATCH) {
      const size = Math.min(BATCH, count - first);
      const batch = images.subarray(first * this.#imageBytes, (first + size) * this.#imageBytes);
      const pixels = Float32Array.from(batch, (value) => (value * 2) / 255 - 1);
      codes.set(await this.#encoder.run("images", pixels, [size, channels, height, width], "codes"), first * latent);
    }
    return codes;
  }

  /**
   * The pictures of codes: pixels 0…255, [count, channels, height, width].
   * @param codes [count, latent]
   */
  async decode(codes: Float32Array): Promise<Uint8Array> {
    const { latent } = this.metadata;
    const count = countOf(codes, latent, "codes");
    const images = new Uint8Array(count * this.#imageBytes);
    for (let first = 0; first < count; first += BATCH) {
      const size = Math.min(BATCH, count - first);
      const batch = codes.subarray(first * latent, (first + size) * latent);
      const decoded = await this.#decoder.run("codes", batch, [size, latent], "images");
      images.set(toBytes(decoded), first * this.#imageBytes);
    }
    return images;
  }

  /** What the decoder makes of the codes of images. Both are pixels 0…255, [count, channels, height, width]. */
  async reconstruct(images: Uint8Array): Promise<Uint8Array> {
    return await this.decode(await this.encode(images));
  }

  async release(): Promise<void> {
    await this.#encoder.release();
    await this.#decoder.release();
  }

  get #imageBytes(): number {
    const { channels, height, width } = this.metadata.format;
    return channels * height * width;
  }
}

async function openCoder(path: string, part: CoderPart): Promise<Coder> {
  const bytes = await readNamedFile(path, {
    expected: `the ${part}.onnx of a run that can reconstruct images`,
    absent: "nothing there",
    help: "check the path; `atelier train DATA --model autoencoder` makes such a run",
  });
  const metadata = readCoderMetadata(path, bytes, part);
  const session = await OnnxSession.open(bytes, { device: "cpu" }).catch((cause: unknown) => {
    throw damagedCoder(path, part, messageOf(cause), cause);
  });
  return { session, metadata };
}

/** @throws AtelierError (usage) for numbers that are no whole number of images or codes. */
function countOf({ length }: Uint8Array | Float32Array, size: number, what: string): number {
  if (length % size === 0) return length / size;
  throw new AtelierError({
    kind: "usage",
    where: what,
    expected: `a multiple of ${size} numbers, as many as each of the ${what} has`,
    received: String(length),
    help: "see metadata.latent and metadata.format for the sizes",
  });
}

function described({ latent, format, step }: CoderMetadata): string {
  return `codes of ${latent} numbers, images of ${format.width}x${format.height}x${format.channels}, step ${step}`;
}
