import type { Tensor } from "../graph/index.ts";
import type { Bindings, Network } from "../nn/index.ts";
import type { Method, Player, Players } from "./method.ts";

/** What an application of a network gives. */
type Applied = Pick<ReturnType<Network["apply"]>, "output" | "shown">;

/** A player that is applied so. */
export function playerOf(apply: (x: Tensor) => Applied): Player {
  return Object.assign((x: Tensor) => apply(x).output, { inside: apply });
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
