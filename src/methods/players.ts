import type { Tensor } from "../graph/index.ts";
import type { Bindings, Network } from "../nn/index.ts";
import type { Draws, Method, Player, Players } from "./method.ts";

/** What an application of a network gives. */
type Applied = Pick<ReturnType<Network["apply"]>, "output" | "shown">;

/** A player that is applied so. */
export function playerOf(apply: (x: Tensor) => Applied): Player {
  return Object.assign((x: Tensor) => apply(x).output, { inside: apply });
}

/** What networks in training are applied with. */
export interface TrainingSurroundings {
  readonly isTrained: (name: string) => boolean;
  /** Of all variables, at this point of the step. */
  readonly values: () => ReadonlyMap<string, Tensor>;
  readonly noise: Draws;
  /** Values of statistics after the applications so far, which are added to it. */
  readonly statistics: Map<string, Tensor>;
}

/** Networks in training. Only trained ones' statistics are kept: a network that merely judges must not be moved by it. */
export function trainingPlayers(
  networks: Readonly<Record<string, Network>>,
  { isTrained, values, noise, statistics }: TrainingSurroundings,
): Record<string, Player> {
  return Object.fromEntries(
    Object.entries(networks).map(([name, network]) => {
      let applications = 0;
      const player = playerOf((x) => {
        const draws = `${name}.${applications++}`;
        // Each application moves the statistics on from where the one before it left them.
        const applied = network.apply(x, new Map([...values(), ...statistics]), "training", (layer, shape) =>
          noise(`${draws}/${layer}`, shape),
        );
        if (isTrained(name)) for (const [path, value] of applied.statistics) statistics.set(path, value);
        return applied;
      });
      return [name, player];
    }),
  );
}

/** Networks as they are outside of training, with the given values of their variables. */
export function inferencePlayers<Name extends string>(
  networks: Readonly<Record<Name, Network>>,
  values: Bindings,
): Players<Name>;
export function inferencePlayers(networks: Readonly<Record<string, Network>>, values: Bindings): Players<string> {
  return Object.fromEntries(
    Object.entries(networks).map(([name, network]) => [name, playerOf((x) => network.apply(x, values, "inference"))]),
  );
}

/** The networks of a method as they are outside of training, with their own inputs as values: to look at graphs. */
export function initialPlayers({ networks }: Method): Players<string> {
  return inferencePlayers(networks, new Map(Object.values(networks).flatMap((network) => [...network.bindings()])));
}
