import { AtelierError } from "../foundation/errors.ts";
import { likelihoodMetrics, type MetricName, reconstructionMetrics } from "./metric-names.ts";
import { scoreReconstructions } from "./reconstruction.ts";
import type { Score } from "./score-card.ts";
import type { Workshop } from "./workshop.ts";

/** Images whose probability is measured: each takes as long as making hundreds. */
const MOST_MEASURED = 500;

/** Adds the scores of models that encode images: how near reconstructions come, and how probable real images are. */
export async function scoreCoding(workshop: Workshop): Promise<void> {
  await scoreReconstruction(workshop);
  await scoreLikelihood(workshop);
}

async function scoreReconstruction(workshop: Workshop): Promise<void> {
  const wanted = workshop.wanted(reconstructionMetrics);
  const { reconstruct } = workshop.options.subject;
  if (wanted.size === 0) return;
  if (reconstruct === undefined) return refuseAsked(workshop, wanted, "this generator has no encoder", ENCODING);
  const images = workshop.real(workshop.split);
  const found = await scoreReconstructions(reconstruct, images, workshop.control("reconstructing real images"));
  const values = { mse: found.meanSquaredError, psnr: found.peakSignalToNoise, ssim: found.structuralSimilarity };
  for (const metric of wanted) {
    const value = values[metric];
    const rough =
      metric === "psnr" && found.equal > 0
        ? [`without ${found.equal} images whose reconstructions are equal to them`]
        : [];
    if (value !== undefined) add(workshop, metric, { value, rough, images: found.images });
    else if (metric === "psnr") {
      refuseAsked(workshop, new Set([metric]), "it is infinite: every reconstruction is equal to its image", EASY);
    } else {
      refuseAsked(workshop, new Set([metric]), "images are smaller than its window of 11x11 pixels", "look at the MSE");
    }
  }
}

async function scoreLikelihood(workshop: Workshop): Promise<void> {
  const wanted = workshop.wanted(likelihoodMetrics);
  const { options, split, seed } = workshop;
  const { likelihood } = options.subject;
  if (wanted.size === 0) return;
  if (likelihood === undefined) return refuseAsked(workshop, wanted, "this model gives images no probability", VAE);
  const control = { ...workshop.control("measuring how probable real images are"), seed };
  const found = await likelihood(workshop.real(split, MOST_MEASURED), control).catch((cause: unknown) => {
    if (!(cause instanceof AtelierError) || cause.details.kind !== "run") throw cause;
    return cause.details;
  });
  if ("expected" in found) {
    const reason = `expected ${found.expected}, received ${found.received}`;
    for (const metric of wanted) workshop.refused.push({ metric, reason, help: found.help });
    return;
  }
  const { images, draws, standardError: deviation } = found;
  const rough = [`of ${found.of}: comparable only with likelihoods of the same; by ${draws} codes an image`];
  const spread = { deviation, over: `the mean of ${images} images` };
  if (wanted.has("bound")) add(workshop, "bound", { value: found.bound, rough, images });
  if (wanted.has("likelihood")) add(workshop, "likelihood", { value: found.importanceWeighted, rough, spread, images });
}

const ENCODING = "score the run of an autoencoder, VAE or VQ-VAE";
const VAE = "score the run of a VAE";
const EASY = "score more varied images";

interface Found extends Pick<Score, "value" | "rough" | "spread"> {
  readonly images: number;
}

function add({ scores, split, options }: Workshop, metric: MetricName, { images, ...found }: Found): void {
  const unsafe =
    split !== "heldOut" && options.reference.trained ? ["measured on images that the model has learned from"] : [];
  const drawn = split === "heldOut" && options.reference.drawnHere === true;
  if (drawn) unsafe.push("these images were set apart only now: the model may have learned from them");
  const generated = isReconstruction(metric) ? images : 0;
  scores.push({ metric, reference: split, ...found, real: images, generated, unsafe });
}

const isReconstruction = (metric: MetricName) => reconstructionMetrics.some((name) => name === metric);

/** What cannot be computed is named where the user asked for it, and else left out. */
function refuseAsked(workshop: Workshop, metrics: ReadonlySet<MetricName>, reason: string, help: string): void {
  if (workshop.isAsked) for (const metric of metrics) workshop.refused.push({ metric, reason, help });
}
