// Size and cost of the usual networks of every architecture, for square pictures in colour: parameters, and multiply-adds of
// one picture through the generator and through the discriminator, and of one training step for each image of its batch
// (discriminator and generator, each with its way back). The tables of docs/architectures.md are its output.
//
//   npm run build && node bench/architectures.js [--sizes 32,64,128,256] [--width N]
import { parseArgs } from "node:util";
import { add, countMultiplyAdds, elementCount, gradients, input, mean, simplify } from "../dist/graph/index.js";
import { architectureNames, architectures } from "../dist/models/index.js";

const { values: flags } = parseArgs({
  options: { sizes: { type: "string", default: "32,64,128,256" }, width: { type: "string" } },
});
const BATCH = 2;

for (const name of architectureNames) {
  const architecture = architectures[name];
  const width = Number(flags.width ?? architecture.defaultWidth);
  const sizes = flags.sizes.split(",").map(Number);
  const formats = sizes.map((size) => ({ height: size, width: size, channels: 3 }));
  console.log(`${name}, width ${width}`);
  console.table(
    formats
      .filter((format) => architecture.refusal(format) === undefined)
      .map((format) => row(architecture, { format, latent: architecture.defaultLatent ?? 100, width })),
  );
}

function row({ generator, discriminator }, options) {
  const [painter, judge] = [generator(options), discriminator(options)];
  const { pictures, onReal, onGenerated } = passes(painter, judge, options.format);
  const slopes = [
    ...gradients(mean(add(onReal, onGenerated)), inputsOf(judge)),
    ...gradients(mean(onGenerated), inputsOf(painter)),
  ];
  return {
    "size, px": options.format.height,
    "generator, parameters": parameters(painter).toLocaleString("en"),
    "discriminator, parameters": parameters(judge).toLocaleString("en"),
    "generator, M": millions([pictures]),
    "discriminator, M": millions([onReal]),
    "training step, M": millions(slopes),
  };
}

/** Pictures of the generator, and logits of the discriminator, in training. */
function passes(painter, judge, { height, width, channels }) {
  const applied = (network, x) => network.apply(x, network.bindings(), "training", input).output;
  const [, latent] = painter.inputShape;
  const pictures = applied(painter, input("latent", [BATCH, latent]));
  const real = input("real", [BATCH, channels, height, width]);
  return { pictures, onReal: applied(judge, real), onGenerated: applied(judge, pictures) };
}

function inputsOf({ variables }) {
  return variables.filter(({ role }) => role === "parameter").map((variable) => variable.input);
}

function parameters({ variables }) {
  return variables.reduce((total, { role, shape }) => total + (role === "parameter" ? elementCount(shape) : 0), 0);
}

/** Millions of multiply-adds for each image of the batch. */
function millions(outputs) {
  const count = countMultiplyAdds(simplify(outputs)) / BATCH / 1e6;
  return Number(count.toPrecision(3)).toLocaleString("en");
}
