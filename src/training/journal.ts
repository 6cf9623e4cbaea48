import { metricDescriptions } from "../evaluation/index.ts";
import type { Config } from "./config.ts";
import { EventLog, type LogPosition } from "./event-log.ts";
import type { TrainingEvent } from "./events.ts";
import type { ReplayedEvent } from "./replayed-events.ts";
import { Watchdog } from "./watchdog.ts";

/** A score by the metric that decides, and when it was reached. */
interface BestScore {
  readonly step: number;
  readonly score: number;
}

/**
 * What happens in a run. Every event is kept in events.jsonl, shown, and seen by the watchdog, whose warnings are events
 * too. What the run must know of its past is read from the kept events, so that a resumed run knows it as well.
 */
export class Journal {
  readonly #config: Config;
  readonly #log: EventLog;
  readonly #show: (event: TrainingEvent) => void;
  #watchdog: Watchdog;
  #best: BestScore | undefined;
  #evaluated = 0;
  #withoutBest = 0;
  #wentBackTo: number | undefined;

  private constructor(config: Config, log: EventLog, show: (event: TrainingEvent) => void) {
    this.#config = config;
    this.#log = log;
    this.#show = show;
    this.#watchdog = new Watchdog(config);
  }

  /**
   * @param position where the run goes on: later events in the file are dropped.
   * @param show called for every event of this session.
   */
  static async open(
    path: string,
    config: Config,
    position: LogPosition,
    show: (event: TrainingEvent) => void,
  ): Promise<Journal> {
    const journal = new Journal(config, await EventLog.open(path, position), show);
    await journal.#replay();
    return journal;
  }

  /** The best score so far, by the metric that decides; undefined before the first. */
  get best(): BestScore | undefined {
    return this.#best;
  }

  /** The last step that was evaluated; 0 before the first. */
  get evaluated(): number {
    return this.#evaluated;
  }

  /**
   * Why the run ends now although steps are left, as a sentence: its last `evaluation.patience` scores were no better than
   * the best one. Undefined: it goes on.
   */
  get exhaustion(): string | undefined {
    const { patience, best: metric } = this.#config.evaluation;
    if (patience === 0 || this.#withoutBest < patience) return undefined;
    const { title } = metricDescriptions[metric];
    const scores = `${title} has not become better in ${patience} score${patience === 1 ? "" : "s"} (evaluation.patience)`;
    return this.#best === undefined ? `${scores}.` : `${scores}; the best was that of step ${this.#best.step}.`;
  }

  /** The step that the run went back to last, if it ever did. */
  get wentBackTo(): number | undefined {
    return this.#wentBackTo;
  }

  async emit(event: TrainingEvent): Promise<void> {
    await this.#log.append(event);
    this.#show(event);
    if (!isReplayed(event)) return;
    for (const warning of this.#learn(event)) {
      await this.#log.append(warning);
      this.#show(warning);
    }
  }

  /** Forgets what happened beyond a position that the run goes back to. */
  async goBack(position: LogPosition): Promise<void> {
    await this.#log.goBack(position);
    await this.#replay();
  }

  async close(): Promise<void> {
    await this.#log.close();
  }

  async #replay(): Promise<void> {
    this.#watchdog = new Watchdog(this.#config);
    this.#best = undefined;
    this.#evaluated = 0;
    this.#withoutBest = 0;
    this.#wentBackTo = undefined;
    for (const event of await this.#log.kept()) this.#learn(event);
  }

  #learn(event: ReplayedEvent): ReturnType<Watchdog["observe"]> {
    if (event.type === "evaluation") {
      this.#evaluated = event.step;
      this.#withoutBest = event.best ? 0 : this.#withoutBest + 1;
      const score = event.scores[this.#config.evaluation.best];
      if (event.best && score !== undefined) this.#best = { step: event.step, score };
    }
    if (event.type === "recovery") this.#wentBackTo = event.step;
    return this.#watchdog.observe(event);
  }
}

/** Only these decide anything, so that a run that was stopped knows the same as one that was not. */
function isReplayed(event: TrainingEvent): event is ReplayedEvent {
  return event.type === "step" || event.type === "evaluation" || event.type === "recovery";
}
