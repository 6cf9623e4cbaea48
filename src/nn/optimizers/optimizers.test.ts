import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, input, topologicalOrder } from "../../graph/index.ts";
import { Session } from "../../runtime/index.ts";
import { adam, adamw, type Optimizer, optimizerOf, rmsprop, type Schedule, scheduleOf, sgd } from "../index.ts";

const UPDATES = 20;
const COUNT = 6;
const shape = [2, 3];

const noise = randomStream(0, "optimizers").normals(UPDATES * COUNT);
/** The gradient of a bowl around 1, with noise, of parameter i at an update (1 for the first). */
const slope = (value: number, i: number, update: number) => 3 * (value - 1) + (noise[(update - 1) * COUNT + i] ?? 0);
const start = (i: number) => 2 * i - 5;

/** One update of one number: given the gradient and the update's number, from 1, returns what is subtracted. */
type Rule = (gradient: number, update: number, value: number) => number;

/** The parameters after each update, by a loop over a rule; `rule` makes a fresh one, with state of its own. */
function looped(rule: () => Rule): number[][] {
  const rules = Array.from({ length: COUNT }, rule);
  const values = Array.from({ length: COUNT }, (_, i) => start(i));
  return Array.from({ length: UPDATES }, (_, index) => {
    rules.forEach((own, i) => {
      const value = values[i] ?? Number.NaN;
      values[i] = value - own(slope(value, i, index + 1), index + 1, value);
    });
    return [...values];
  });
}

type Numbers = Record<string, ArrayLike<number>>;

/** The same by the optimiser's graph; `compute` gives the numbers of `parameter` and the slots after an update. */
async function updated(
  optimizer: Optimizer,
  dimensions: readonly number[],
  compute: (outputs: ReturnType<typeof graphOf>, feeds: Numbers) => Promise<Numbers>,
): Promise<number[][]> {
  const outputs = graphOf(optimizer, dimensions);
  const zeros = Array.from({ length: COUNT }, () => 0);
  let state: Numbers = {
    parameter: zeros.map((_, i) => start(i)),
    ...Object.fromEntries(optimizer.slots.map((slot) => [slot, zeros])),
  };
  const trajectory: number[][] = [];
  for (let update = 1; update <= UPDATES; update++) {
    const gradient = Array.from(state["parameter"] ?? [], (value, i) => slope(value, i, update));
    const scalars = Object.entries(optimizer.scalars(update)).map(([name, value]) => [name, [value]]);
    state = await compute(outputs, { ...state, gradient, ...Object.fromEntries(scalars) });
    trajectory.push(Array.from(state["parameter"] ?? []));
  }
  return trajectory;
}

function graphOf(optimizer: Optimizer, dimensions: readonly number[]) {
  const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, input(slot, dimensions)]));
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1)).map((name) => [name, input(name, [])]));
  const next = optimizer.step(input("parameter", dimensions), input("gradient", dimensions), slots, scalars);
  expect(Object.keys(next.slots)).toEqual(optimizer.slots);
  return { parameter: next.parameter, ...next.slots };
}

/** In float64, by the reference of each operator. */
const inReference = (optimizer: Optimizer, dimensions: readonly number[] = shape) =>
  updated(optimizer, dimensions, async (outputs, feeds) => {
    const arrays = evaluate(Object.values(outputs), feeds);
    return Object.fromEntries(Object.keys(outputs).map((name, index) => [name, arrays[index]?.data ?? []]));
  });

/** In float32, by the engine. */
async function inEngine(optimizer: Optimizer): Promise<number[][]> {
  const outputs = Object.entries(graphOf(optimizer, shape)).map(([name, tensor]) => [`next ${name}`, tensor]);
  const session = await Session.compile(Object.fromEntries(outputs), { device: "cpu" });
  const trajectory = await updated(optimizer, shape, async (_, feeds) => {
    const fed = Object.entries(feeds).map(([name, values]) => [name, Float32Array.from(values)]);
    const results = await session.run(Object.fromEntries(fed));
    return Object.fromEntries([...results].map(([name, held]) => [name.replace("next ", ""), held.floats()]));
  });
  await session.release();
  return trajectory;
}

function expectEqual(actual: readonly number[][], expected: readonly number[][], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((values, update) => {
    values.forEach((value, i) => {
      const error = Math.abs((actual[update]?.[i] ?? Number.NaN) - value);
      expect(error, `number ${i} after update ${update + 1}`).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
    });
  });
}

const learningRate = 0.05;
const schedule = scheduleOf({ shape: "cosine", warmup: 4 }, UPDATES + 5);
const rateOf = (factor: Schedule) => (update: number) => learningRate * factor(update - 1);
const rate = rateOf(schedule);

/** Algorithm 1 of Kingma and Ba 2015, line by line. */
function adamRule({ beta1, beta2, epsilon }: { beta1: number; beta2: number; epsilon: number }, alpha = rate): Rule {
  let [m, v] = [0, 0];
  return (g, t) => {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g ** 2;
    const mHat = m / (1 - beta1 ** t);
    const vHat = v / (1 - beta2 ** t);
    return (alpha(t) * mHat) / (Math.sqrt(vHat) + epsilon);
  };
}

/** RMSProp as PyTorch documents it. */
function rmspropRule(alpha: number, epsilon: number, momentum: number): Rule {
  let [square, buffer] = [0, 0];
  return (g, t) => {
    square = alpha * square + (1 - alpha) * g ** 2;
    buffer = momentum * buffer + g / (Math.sqrt(square) + epsilon);
    return rate(t) * buffer;
  };
}

const moments = { beta1: 0.5, beta2: 0.9, epsilon: 1e-3 };
const weightDecay = 0.3;

const cases: readonly { name: string; optimizer: Optimizer; rule: () => Rule }[] = [
  { name: "adam", optimizer: adam({ learningRate, schedule, ...moments }), rule: () => adamRule(moments) },
  {
    name: "adam without a first moment",
    optimizer: adam({ learningRate, schedule, beta1: 0, beta2: 0.99 }),
    rule: () => adamRule({ beta1: 0, beta2: 0.99, epsilon: 1e-8 }),
  },
  {
    name: "adamw",
    optimizer: adamw({ learningRate, schedule, weightDecay, ...moments }),
    rule: () => {
      const own = adamRule(moments);
      return (g, t, value) => own(g, t, value) + rate(t) * weightDecay * value;
    },
  },
  { name: "sgd", optimizer: sgd({ learningRate, schedule }), rule: () => (g, t) => rate(t) * g },
  {
    name: "sgd with momentum",
    optimizer: sgd({ learningRate, schedule, momentum: 0.8 }),
    rule: () => {
      let velocity = 0;
      return (g, t) => {
        velocity = 0.8 * velocity + g;
        return rate(t) * velocity;
      };
    },
  },
  {
    name: "sgd with Nesterov's momentum",
    optimizer: sgd({ learningRate, schedule, momentum: 0.8, nesterov: true }),
    rule: () => {
      let velocity = 0;
      return (g, t) => {
        velocity = 0.8 * velocity + g;
        return rate(t) * (g + 0.8 * velocity);
      };
    },
  },
  {
    name: "rmsprop",
    optimizer: rmsprop({ learningRate, schedule, alpha: 0.9, epsilon: 1e-3 }),
    rule: () => rmspropRule(0.9, 1e-3, 0),
  },
  {
    name: "rmsprop with momentum",
    optimizer: rmsprop({ learningRate, schedule, momentum: 0.7 }),
    rule: () => rmspropRule(0.99, 1e-8, 0.7),
  },
];

describe.each(cases)("$name", ({ optimizer, rule }) => {
  it("is, over 20 updates with a schedule, the loop over its formula", async () => {
    expectEqual(await inReference(optimizer), looped(rule), 1e-11);
  });

  it("is the same in the engine's float32", async () => {
    expectEqual(await inEngine(optimizer), looped(rule), 1e-5);
  });
});

describe("adam", () => {
  it("is the paper's algorithm for all decays, rates and epsilons", async () => {
    const beta = fc.double({ min: 0, max: 0.9999, noNaN: true });
    const positive = fc.double({ min: 1e-6, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(beta, beta, positive, positive, async (beta1, beta2, epsilon, alpha) => {
        const expected = looped(() => adamRule({ beta1, beta2, epsilon }, () => alpha));
        expectEqual(await inReference(adam({ learningRate: alpha, beta1, beta2, epsilon })), expected, 1e-9);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it("passes over the numbers of a parameter ten times", () => {
    const outputs = Object.values(graphOf(adam({ learningRate }), shape));
    const passes = topologicalOrder(outputs).filter(({ kind, shape: own }) => kind === "computed" && own.length > 0);
    expect(passes.length).toBe(10);
  });

  it("counts the schedule's steps from 0 at its first update", () => {
    const seen: number[] = [];
    const optimizer = adam({ learningRate, schedule: (step) => seen.push(step) });
    optimizer.scalars(1);
    optimizer.scalars(2);
    expect(seen).toEqual([0, 1]);
  });
});

describe("adamw", () => {
  it("leaves biases and the scales of normalisation without decay", async () => {
    const expected = looped(() => adamRule(moments));
    expectEqual(
      await inReference(adamw({ learningRate, schedule, weightDecay, ...moments }), [COUNT]),
      expected,
      1e-11,
    );
  });
});

describe("sgd with Nesterov's momentum", () => {
  it("visits, at a fixed rate, the points at which equations 3 and 4 of the paper take their gradients", async () => {
    const momentum = 0.8;
    let update = 0;
    const theta = Array.from({ length: COUNT }, (_, i) => start(i));
    const v = theta.map(() => 0);
    const ahead = () => theta.map((value, i) => value + momentum * (v[i] ?? 0));
    const expected = Array.from({ length: UPDATES }, () => {
      update++;
      ahead().forEach((point, i) => {
        v[i] = momentum * (v[i] ?? 0) - learningRate * slope(point, i, update);
        theta[i] = (theta[i] ?? 0) + (v[i] ?? 0);
      });
      return ahead();
    });
    expectEqual(await inReference(sgd({ learningRate, momentum, nesterov: true })), expected, 1e-11);
  });
});

describe("optimizerOf", () => {
  it.each([
    ["adam", adam({ learningRate, schedule, beta1: 0.5 })],
    ["adamw", adamw({ learningRate, schedule, beta1: 0.5, weightDecay })],
    ["sgd", sgd({ learningRate, schedule, momentum: 0.6 })],
    ["nesterov", sgd({ learningRate, schedule, momentum: 0.6, nesterov: true })],
    ["rmsprop", rmsprop({ learningRate, schedule, momentum: 0.6 })],
  ] as const)("gives %s the numbers that it uses", async (name, expected) => {
    const chosen = optimizerOf({ name, momentum: 0.6, weightDecay }, { learningRate, schedule, beta1: 0.5 });
    expect(await inReference(chosen)).toEqual(await inReference(expected));
  });
});
