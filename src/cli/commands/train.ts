import type { Command } from "commander";
import type { PartialConfig, PreparedRun } from "../../training/index.ts";
import { atLeast, numeric } from "./numbers.ts";
import { collect, once } from "./repeated.ts";

interface TrainFlags {
  readonly out?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly minutes?: number;
  readonly sweep: readonly string[];
  readonly resume?: true;
  readonly dryRun?: true;
  readonly json?: true;
  readonly debug?: true;
  /** The flags that are keys of the configuration. */
  readonly [key: string]: unknown;
}

/** Defines `atelier train DATA`. */
export function defineTrain(program: Command): void {
  program
    .command("train")
    .description("train a generator on images")
    .argument(
      "[data...]",
      "folder of images, .zip, array or Parquet file, or sample:flowers; several are joined; with --resume the run's folder, too",
    )
    .option("--out <run>", "folder of the run (default: runs/ and the name of the data)")
    .option("--model <family>", "gan, autoencoder, vae, vq-vae, feature-matching")
    .option("--architecture <name>", "dcgan, mlp, resnet, fastgan")
    .option(
      "--labels <file>",
      "CSV file of labels (file,label), for all images or a few of them",
      once("--labels", "join the tables into one, or put one of them into the data's folder as labels.csv"),
    )
    .option("--labels-per-class <count>", "use so many labels of each class, and hide the others", numeric)
    .option("--size <pixels>", "64, or 64x96 for 64 wide and 96 high: multiples of 4 from 16 to 256", numeric)
    .option("--features <file>", "pretrained network, .onnx, that an autoencoder learns from")
    .option("--channels <count>", "1 grey, 3 colour", numeric)
    .option("--fit <way>", "images of another shape: cover (crop), contain (pad), stretch")
    .option("--crop <place>", "what cover keeps: centre, attention")
    .option("--pad <filling>", "what contain adds: edge, reflect, or a colour such as #ffffff")
    .option("--filter <name>", "resampling: lanczos3, cubic, linear, nearest")
    .option("--mirror", "mirror each image with probability 1/2")
    .option("--steps <count>", "training steps", numeric)
    .option("--minutes <count>", "choose the steps, so that the run takes about so long on this machine", atLeast(0.05))
    .option("--batch <count>", "training images a step", numeric)
    .option("--seed <number>", "decides everything random", numeric)
    .option("--device <name>", "auto, cpu, webgpu, cuda, wasm")
    .option(
      "--config <file>",
      "JSON file of configuration keys",
      once("--config", "join the files into one, or give single keys with --set"),
    )
    .option("--set <key=value>", "set a configuration key; may be repeated", collect, [])
    .option("--sweep <key=a,b,c>", "train a variant for each value, and compare them; may be repeated", collect, [])
    .option("--resume", "go on with a run or sweep: the folder given, the one in --out, or the newest of this data")
    .option("--dry-run", "print the plan and stop")
    .option("--json", "print events as JSON, one a line")
    .action(async (places: readonly string[], flags: TrainFlags) => {
      const { layersOf } = await import("../config-layers.ts");
      const { trainingTarget } = await import("../training-target.ts");
      const { prepareRun, mergeConfigs } = await import("../../training/index.ts");
      const { minutes, resume = false, dryRun = false, json = false, sweep } = flags;
      const layers: readonly PartialConfig[] = await layersOf(configFlags(flags), flags.config, flags.set);
      const { data: _, ...given } = mergeConfigs(layers);
      if (sweep.length > 0) {
        // A file may hold any key, as that of another run does: a sweep goes over those of its values.
        const { assertGivenOnce } = await import("../sweep-variants.ts");
        assertGivenOnce(sweep, mergeConfigs(await layersOf(configFlags(flags), undefined, flags.set)));
      }
      const { data, out } = await trainingTarget(places, { out: flags.out, resume });
      const { isSweep } = await import("../sweep-folder.ts");
      if (sweep.length > 0 || (resume && (await isSweep(out)))) {
        const { trainSweep } = await import("../sweeping.ts");
        await trainSweep({ data, given, sweeps: sweep, out, minutes, resume, dryRun, json });
        return;
      }
      const { showPlan, showTraining } = await import("../training-view.ts");
      const prepared: PreparedRun = await prepareRun({ data, ...given, out, minutes, resume });
      if (dryRun) showPlan(prepared, json);
      else await showTraining(prepared, json);
    });
}

const otherFlags: ReadonlySet<string> = new Set([
  "out",
  "config",
  "set",
  "minutes",
  "sweep",
  "resume",
  "dryRun",
  "json",
  "debug",
]);

/** The flags that are keys of the configuration. */
function configFlags(flags: TrainFlags): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !otherFlags.has(name)));
}
