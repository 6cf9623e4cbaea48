// Time and memory of the scores, each in a process of its own: random features of as many images on both sides. The peak
// is the process's resident memory, with the features themselves.
//
//   npm run build && node bench/scores.js [--images 10000] [--features 2048] [--scores fid,prdc,kid]
import { execFileSync } from "node:child_process";
import { execPath, resourceUsage } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "10000" },
    features: { type: "string", default: "2048" },
    scores: { type: "string", default: "fid,prdc,kid,neighbours,fid-interval,kid-interval,fid-infinity" },
    alone: { type: "boolean", default: false },
  },
});
const [count, dimension] = [Number(values.images), Number(values.features)];
const scores = values.scores.split(",");

if (values.alone) await measure(scores[0]);
else {
  console.log(`${count.toLocaleString("en")} images a side, ${dimension.toLocaleString("en")} features`);
  for (const score of scores) {
    const flags = ["--images", values.images, "--features", values.features, "--scores", score, "--alone"];
    const line = execFileSync(execPath, [fileURLToPath(import.meta.url), ...flags], { encoding: "utf8" });
    const { seconds, megabytes, value } = JSON.parse(line);
    console.log(
      `${score.padEnd(14)} ${seconds.toFixed(1).padStart(7)} s ${String(megabytes).padStart(6)} MB   ${value}`,
    );
  }
}

async function measure(score) {
  const metrics = await import("../dist/metrics/index.js");
  const { MatrixProducts } = await import("../dist/runtime/index.js");
  const { randomStream } = await import("../dist/foundation/random.js");
  const features = (name) => ({ count, dimension, values: randomStream(0, name).normals(count * dimension) });
  const [real, generated] = [features("real"), features("generated")];
  const products = await MatrixProducts.open();
  const options = { seed: 0 };
  const compute = {
    fid: async () => (await metrics.frechetDistance(real, generated, products)).value,
    "fid-interval": () => metrics.frechetInterval(real, generated, products, options),
    "fid-infinity": () => metrics.frechetInfinity(real, generated, products, options),
    kid: async () => (await metrics.kernelDistance(real, generated, products, options)).value,
    "kid-interval": () => metrics.kernelInterval(real, generated, products, options),
    prdc: async () => {
      const { precision, recall, density, coverage } = await metrics.manifoldScores(real, generated, products, options);
      return { precision, recall, density, coverage };
    },
    neighbours: async () =>
      (await metrics.nearestNeighbours(generated, real, products, { k: 5 })).distances.subarray(0, 5),
  };
  const begun = performance.now();
  const value = await compute[score]();
  const seconds = (performance.now() - begun) / 1000;
  // In kilobytes on every system.
  const megabytes = Math.round(resourceUsage().maxRSS / 1000);
  console.log(JSON.stringify({ seconds, megabytes, value: JSON.stringify(value) }));
}
