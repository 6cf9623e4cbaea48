import { classifier } from "./report/classifier.ts";
import { configuration } from "./report/configuration.ts";
import { dataSummary } from "./report/data-summary.ts";
import type { ReportInput } from "./report/input.ts";
import { html, Markup } from "./report/markup.ts";
import { pictures } from "./report/pictures.ts";
import { progress } from "./report/progress.ts";
import { countOf, formatCount, formatDuration, formatNumber } from "./report/quantities.ts";
import { incidents, runningScores } from "./report/running-scores.ts";
import { scores } from "./report/scores.ts";
import { styles } from "./report/styles.ts";
import { usage } from "./report/usage.ts";

export type { ReportScoreCard } from "./report/card.ts";
export { againstTraining, headlineOf, reasonsAgainst, scoreGroups } from "./report/card-groups.ts";
export {
  copyingNote,
  extractorName,
  levels,
  protocolRows,
  rangeNotes,
  realImages,
  scoredWord,
  scoreRange,
  scoreValue,
} from "./report/card-text.ts";
export type {
  ConfigurationEntry,
  DataSummary,
  GridAtStep,
  Incident,
  Picture,
  ReportClassifier,
  ReportEvaluation,
  ReportInput,
  ReportMetric,
  ReportProgress,
  ReportStep,
} from "./report/input.ts";
export { mergedRefusals } from "./report/refusals.ts";

/**
 * A run as one HTML page that needs nothing beside it: samples, scores, curves, data, configuration and how to use the model.
 * All text is escaped, and the page's own policy forbids scripts and anything from elsewhere.
 */
export function renderReport(input: ReportInput): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${input.name} · Atelier</title>
<link rel="icon" href="data:,">
<style>${new Markup(styles)}</style>
</head>
<body>
<header>
<p class="kind">Atelier training run</p>
<h1>${input.name}</h1>
${summary(input)}
${notice(input)}
</header>
<main>
${pictures(input)}
${incidents(input)}
${scores(input)}
${runningScores(input)}
${classifier(input)}
${progress(input)}
${usage(input)}
${dataSummary(input)}
${configuration(input)}
</main>
<footer>Made by Atelier. This page is one file: it loads nothing and can be moved or sent as it is.</footer>
</body>
</html>
`;
  return page.text;
}

/** What families of methods are called. */
const MODELS: Readonly<Record<string, string>> = {
  gan: "GAN",
  autoencoder: "Autoencoder",
  vae: "VAE",
  "vq-vae": "VQ-VAE",
  "feature-matching": "GAN by feature matching",
};

function summary(input: ReportInput): Markup {
  const {
    model,
    architecture,
    format,
    data,
    device,
    progress: { made, seconds, parameters },
    dataSummary: read,
  } = input;
  const train = read?.splits.train?.images;
  const learnedFrom = train === undefined ? undefined : html` from <b>${countOf(train, "image")}</b>`;
  const speed = medianSpeed(input);
  const facts = [
    html`<b>${data}</b>`,
    html`${MODELS[model] ?? model}${architecture === undefined ? undefined : html` (${architecture})`}, ${format.width} × ${format.height} ${format.channels === 1 ? "grey" : "colour"}`,
    html`<b>${countOf(made, "step")}</b>${learnedFrom} in <b>${formatDuration(seconds)}</b>`,
    speed === undefined ? undefined : html`<b>${formatNumber(speed)}</b> steps/s`,
    parameters === undefined ? undefined : html`<b>${formatCount(parameters)}</b> parameters`,
    html`device <b>${device}</b>`,
  ].filter((fact) => fact !== undefined);
  return html`<p class="lead">${facts.map((fact) => html`<span>${fact}</span>\n`)}</p>`;
}

/** The middle of the logged speeds: a machine that was busy or asleep for a while does not move it. */
function medianSpeed({ steps }: ReportInput): number | undefined {
  const speeds = steps.map(({ stepsPerSecond }) => stepsPerSecond).filter((speed) => speed !== null);
  return speeds.sort((left, right) => left - right)[Math.floor(speeds.length / 2)];
}

function notice({ progress: { outcome, early, made, planned } }: ReportInput): Markup | undefined {
  if (outcome === "finished") {
    if (early === undefined) return undefined;
    return html`<p class="notice">This run ended early, after ${formatCount(made)} of ${countOf(planned, "step")}. ${early}</p>`;
  }
  const how = outcome === "stopped" ? "was stopped" : "ended without notice";
  return html`<p class="notice">This run ${how} after ${formatCount(made)} of ${countOf(planned, "step")}. It can go on from there: see <i>How to use this model</i>.</p>`;
}
