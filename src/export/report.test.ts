import { expect, test } from "vitest";
import { type ReportInput, type ReportStep, renderReport } from "./report.ts";

const onePixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const picture = { mediaType: "image/png", bytes: onePixel, width: 1, height: 1 } as const;

function logged(count: number, valueAt: (index: number) => number | null = (index) => 1 / (1 + index)): ReportStep[] {
  return Array.from({ length: count }, (_, index) => ({
    step: 10 * (index + 1),
    report: { discriminatorLoss: valueAt(index), generatorLoss: 1, realScore: 0.7, generatedScore: 0.3 },
    stepsPerSecond: 20,
    residentMemory: 3e8,
  }));
}

const bareInput: ReportInput = {
  name: "orchids",
  path: "runs/orchids",
  data: "photos/",
  model: "gan",
  architecture: "dcgan",
  format: { height: 32, width: 32, channels: 3 },
  latent: 100,
  device: "cpu",
  progress: { made: 120, planned: 120, seconds: 75, parameters: 187316, outcome: "finished" },
  steps: [],
  filmstrip: [{ step: 0, ...picture }],
  finalGrid: { step: 0, ...picture },
  configuration: [
    { key: "steps", value: 120 },
    { key: "batch", value: 64, reason: "the usual 64" },
  ],
};

function reportOf(changes: Partial<ReportInput> = {}): string {
  return renderReport({
    ...bareInput,
    steps: logged(12),
    filmstrip: [0, 60, 120].map((step) => ({ step, ...picture })),
    finalGrid: { step: 120, ...picture },
    realGrid: picture,
    dataSummary: {
      name: "photos",
      splits: {
        train: { images: 90, labels: { rose: 40, tulip: 30 }, unlabelled: 20 },
        heldOut: { images: 10, labels: { rose: 5, tulip: 5 }, unlabelled: 0 },
      },
      skipped: [],
    },
    ...changes,
  });
}

/** Coordinates of each line in the chart with the title, as the page draws them. */
function linesOf(page: string, title: string): number[][][] {
  const chart = page.split('<figure class="chart">').find((part) => part.includes(`<h3>${title}`)) ?? "";
  return [...chart.matchAll(/<polyline class="[^"]*" points="([^"]*)"/g)].map(([, points = ""]) =>
    points.split(" ").map((point) => point.split(",").map(Number)),
  );
}

/** The page as a reader sees it, without markup. */
function textOf(page: string): string {
  return page
    .replace(/<style>[^]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

test("the page needs nothing from elsewhere", () => {
  const page = reportOf({ steps: logged(100) });
  const addresses = [...page.matchAll(/\b(?:src|href|srcset|action|data|poster)="([^"]*)"/g)].map(
    ([, address]) => address,
  );
  expect(addresses.length).toBeGreaterThan(4);
  for (const address of addresses) expect(address).toMatch(/^data:/);
  expect(page).not.toMatch(/https?:|@import|url\(|<script/);
});

test("the summary tells what was trained, how long and how fast", () => {
  const text = textOf(reportOf());
  for (const fact of [
    "photos/",
    "120 steps",
    "90 images",
    "1 min 15 s",
    "20 steps/s",
    "187,316 parameters",
    "device cpu",
  ]) {
    expect(text).toContain(fact);
  }
});

test("no name can put markup into the page", () => {
  const hostile = `<script>alert("1")</script>'&`;
  const page = reportOf({
    name: hostile,
    path: `runs/${hostile}`,
    data: hostile,
    dataSummary: {
      name: hostile,
      splits: { train: { images: 1, labels: { [hostile]: 1 }, unlabelled: 0 } },
      skipped: [{ file: hostile, reason: hostile }],
    },
    configuration: [{ key: hostile, value: hostile, reason: hostile }],
    steps: logged(3).map((step) => ({ ...step, report: { [`${hostile}Loss`]: 1 } })),
  });
  expect(page).not.toContain("<script");
  expect(page).toContain("<h1>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</h1>");
});

test("curves have a point for every logged step", () => {
  const page = reportOf();
  expect(linesOf(page, "Losses").map((line) => line.length)).toEqual([12, 12]);
  expect(linesOf(page, "Mean scores").map((line) => line.length)).toEqual([12, 12]);
  expect(linesOf(page, "Speed").map((line) => line.length)).toEqual([12]);
});

test("curves of many points have a smoothed line over the raw one", () => {
  const noisy = logged(400, (index) => 1 + (index % 2));
  const [raw = [], smoothed = []] = linesOf(reportOf({ steps: noisy }), "Losses");
  const spread = (line: number[][]) =>
    Math.max(...line.map(([, y = 0]) => y)) - Math.min(...line.map(([, y = 0]) => y));
  expect(raw).toHaveLength(400);
  expect(smoothed).toHaveLength(400);
  expect(spread(smoothed)).toBeLessThan(spread(raw) / 2);
});

test("a long curve is thinned to 600 points and keeps a spike of one step", () => {
  const page = reportOf({ steps: logged(30_000, (index) => (index === 12_345 ? 2 : 1)) });
  const [raw = []] = linesOf(page, "Losses");
  expect(raw.length).toBeLessThanOrEqual(600);
  const heights = raw.map(([, y = 0]) => y);
  expect(heights.filter((y) => y === Math.min(...heights))).toHaveLength(1);
});

test("values that were not numbers are left out and counted", () => {
  const page = reportOf({ steps: logged(12, (index) => (index === 5 ? null : 1)) });
  expect(linesOf(page, "Losses").map((line) => line.length)).toEqual([11, 12]);
  expect(page).not.toContain("NaN");
  expect(textOf(page)).toContain("1 value that was not a number is left out.");
});

test("skipped files are shown with their reasons", () => {
  const splits = { train: { images: 5, labels: {}, unlabelled: 5 } };
  const skipped = [
    { file: "broken.jpg", reason: "cut short" },
    { file: "notes/empty.png", reason: "0 bytes" },
  ];
  const text = textOf(reportOf({ dataSummary: { name: "photos", splits, skipped } }));
  expect(text).toContain("2 skipped files");
  expect(text).toContain("broken.jpg cut short");
  expect(text).toContain("notes/empty.png 0 bytes");
  expect(text).toContain("No image has a label.");
});

test("classes and images without a label are counted", () => {
  const text = textOf(reportOf());
  expect(text).toContain("2 classes");
  expect(text).toContain("rose 45 40 5");
  expect(text).toContain("no label 20 20 0");
});

test("the configuration tells what Atelier chose and why", () => {
  const text = textOf(reportOf());
  expect(text).toContain("steps 120 set by you");
  expect(text).toContain("batch 64 the usual 64");
});

test("commands name the run so that a shell takes it as one word", () => {
  const page = reportOf({ path: "runs/my orchids" });
  expect(textOf(page)).toContain("atelier generate &#39;runs/my orchids&#39; -n 16");
  expect(textOf(page)).toContain("atelier train photos/ --out &#39;runs/my orchids&#39; --resume --steps 240");
});

test("a stopped run says so and how to go on", () => {
  const progress = { made: 50, planned: 120, seconds: 3, outcome: "stopped" } as const;
  const text = textOf(reportOf({ progress }));
  expect(text).toContain("This run was stopped after 50 of 120 steps.");
  expect(text).toContain("atelier train photos/ --out runs/orchids --resume ");
});

test("a run without a logged step, with one grid and without the rest, has a page", () => {
  const bare = renderReport(bareInput);
  expect(textOf(bare)).toContain("No step was logged");
  expect(bare.match(/<img /g)).toHaveLength(1);
  expect(bare).not.toMatch(/NaN|undefined|Infinity/);
});
