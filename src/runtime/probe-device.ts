import { InferenceSession, Tensor } from "onnxruntime-node";
import { messageOf } from "../foundation/errors.ts";
import { input, negate, portable, writeOnnx } from "../graph/index.ts";

// A program of its own: tries one device by running a one-node graph on it, and prints nothing when that works, else why
// not. A driver that crashes or prints warnings does so here and not in the process that asks.

const [, , device = ""] = process.argv;
const { bytes } = writeOnnx({ y: negate(input("x", [1])) }, { target: portable });
try {
  const session = await InferenceSession.create(bytes, { executionProviders: [device], logSeverityLevel: 4 });
  await session.run({ x: new Tensor("float32", Float32Array.of(1), [1]) });
  await session.release();
} catch (cause) {
  process.stdout.write(messageOf(cause));
}
