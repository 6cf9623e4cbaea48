import { AtelierError, messageOf } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { OnnxSession } from "../runtime/index.ts";
import { type ClassifierMetadata, damagedClassifier, readClassifierMetadata } from "./classifier-file.ts";

/** Images that one run of the network takes at most: bounds the memory of the layers between. */
const BATCH = 64;

/**
 * A trained classifier, from its `classifier.onnx` alone.
 * @example
 * const classifier = await Classifier.load("runs/flowers/classifier.onnx");
 * const probabilities = await classifier.classify(bytes);
 */
export class Classifier {
  /** The file that it was loaded from. */
  readonly path: string;
  readonly metadata: Omit<ClassifierMetadata, "part">;
  readonly #session: OnnxSession;

  private constructor(path: string, session: OnnxSession, { part: _part, ...metadata }: ClassifierMetadata) {
    this.path = path;
    this.#session = session;
    this.metadata = metadata;
  }

  /** @throws AtelierError (usage) when there is no such file, (file) when it is no classifier of Atelier's. */
  static async load(path: string): Promise<Classifier> {
    const bytes = await readNamedFile(path, {
      expected: "the classifier.onnx of a run that learned classes",
      absent: "nothing there",
      help: "check the path; `atelier train DATA` on images with labels makes such a run",
    });
    const metadata = readClassifierMetadata(path, bytes);
    const session = await OnnxSession.open(bytes, { device: "cpu" }).catch((cause: unknown) => {
      throw damagedClassifier(path, messageOf(cause), cause);
    });
    return new Classifier(path, session, metadata);
  }

  /**
   * How probable each class is for each image, in the order of `metadata.classNames`: [count, classes], rows of sum 1.
   * @param images pixels 0…255, [count, channels, height, width].
   * @throws AtelierError (usage) for bytes that are no whole number of images.
   */
  async classify(images: Uint8Array): Promise<Float32Array> {
    const { format, classNames } = this.metadata;
    const { channels, height, width } = format;
    const imageBytes = channels * height * width;
    const count = images.length / imageBytes;
    if (!Number.isInteger(count)) throw noImages(imageBytes, images.length);
    const probabilities = new Float32Array(count * classNames.length);
    for (let first = 0; first < count; first += BATCH) {
      const size = Math.min(BATCH, count - first);
      const batch = images.subarray(first * imageBytes, (first + size) * imageBytes);
      const pixels = Float32Array.from(batch, (value) => (value * 2) / 255 - 1);
      const rows = await this.#session.run("images", pixels, [size, channels, height, width], "probabilities");
      probabilities.set(rows, first * classNames.length);
    }
    return probabilities;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

function noImages(imageBytes: number, received: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "images",
    expected: `a multiple of ${imageBytes} numbers, as many as each of the images has`,
    received: String(received),
    help: "see metadata.format for the sizes",
  });
}
