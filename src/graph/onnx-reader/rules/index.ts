import type { Rule, Rules } from "../rule.ts";
import { activations } from "./activations.ts";
import { blocks } from "./blocks.ts";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { lookup } from "./lookup.ts";
import { normalization } from "./normalization.ts";
import { paddings } from "./padding.ts";
import { pooling } from "./pooling.ts";
import { reductions } from "./reductions.ts";
import { reshaping } from "./reshaping.ts";
import { resizing } from "./resizing.ts";
import { shapes } from "./shapes.ts";

const rules: Rules = {
  ...activations,
  ...blocks,
  ...convolution,
  ...elementwise,
  ...lookup,
  ...normalization,
  ...paddings,
  ...pooling,
  ...reductions,
  ...reshaping,
  ...resizing,
  ...shapes,
};

const byName: ReadonlyMap<string, Rule> = new Map(Object.entries(rules));

/** Names of the ONNX operators that can be read. */
export const supportedOperators: readonly string[] = [...byName.keys()].toSorted();

/** The rule of an operator; undefined when it has none. */
export function ruleOf(operator: string): Rule | undefined {
  return byName.get(operator);
}
