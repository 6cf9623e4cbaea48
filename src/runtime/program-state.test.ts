import { describe, expect, it } from "vitest";
import { describeWebgpu, ownCache } from "../../test/software-gpu.ts";
import { add, type Input, input, multiply, type Tensor } from "../graph/index.ts";
import type { DeviceName } from "./device-names.ts";
import { liveDeviceTensors } from "./held.ts";
import { Program } from "./program.ts";
import { ProgramState } from "./program-state.ts";
import { Session } from "./session.ts";

await ownCache();

const [a, b] = [input("a", [2]), input("b", [2, 2])];

function freshState(): ProgramState {
  return ProgramState.of(
    [a, b],
    new Map([
      ["a", Float32Array.of(1, 2)],
      ["b", Float32Array.of(1, 1, 1, 1)],
    ]),
  );
}

function compile(
  device: DeviceName,
  state: ProgramState,
  updates: readonly (readonly [Input, Tensor])[],
  outputs: Readonly<Record<string, Tensor>> = {},
): Promise<Program> {
  const replaced = updates.map(([current, next]) => ({ current, next }));
  return Program.compile({ outputs, state: replaced }, state, { device });
}

/** `a` doubles, `b` grows by `a`; a third program only reads. */
async function threePrograms(state: ProgramState, devices: readonly [DeviceName, DeviceName, DeviceName]) {
  const doubling = await compile(devices[0], state, [[a, multiply(a, 2)]]);
  const growing = await compile(devices[1], state, [[b, add(b, a)]]);
  const reading = await compile(devices[2], state, [], { total: add(multiply(a, input("weight", [])), b) });
  return { doubling, growing, reading };
}

async function expectSharedState(devices: readonly [DeviceName, DeviceName, DeviceName]) {
  const state = freshState();
  const { doubling, growing, reading } = await threePrograms(state, devices);
  await doubling.run({});
  await growing.run({});
  await doubling.run({});
  const results = await reading.run({ weight: Float32Array.of(10) });
  expect(results.get("total")?.floats()).toEqual(Float32Array.of(43, 85, 43, 85));
  expect(await state.values()).toEqual(
    new Map([
      ["a", Float32Array.of(4, 8)],
      ["b", Float32Array.of(3, 5, 3, 5)],
    ]),
  );
  // Programs may end before the state is read.
  for (const program of [doubling, growing, reading]) await program.release();
  expect(await state.values(["a"])).toEqual(new Map([["a", Float32Array.of(4, 8)]]));
  await state.release();
}

/** Results that are pieces of the state themselves, or each other, are no reason for two owners of an array. */
async function expectOwnership(device: DeviceName) {
  const [left, right, total] = [input("left", [1]), input("right", [1]), input("total", [1])];
  const given = new Map(["left", "right", "total"].map((name, index) => [name, Float32Array.of(index + 1)]));
  const state = ProgramState.of([left, right, total], given);
  const sum = add(left, right);
  const exchanging = await compile(
    device,
    state,
    [
      [left, right],
      [right, left],
      [total, sum],
    ],
    { before: left, sum },
  );
  const lent: Float32Array[] = [];
  const before: (number | undefined)[] = [];
  for (let step = 0; step < 4; step++) {
    const results = await exchanging.run({});
    before.push(results.get("before")?.floats()[0]);
    lent.push(...(await state.values()).values());
  }
  expect(before).toEqual([1, 2, 1, 2]);
  expect(lent.map((array) => array[0])).toEqual([2, 1, 3, 1, 2, 3, 2, 1, 3, 1, 2, 3]);
  expect([...given.values()].map((array) => array[0])).toEqual([1, 2, 3]);
  await exchanging.release();
  await state.release();
  expect(lent.map(({ length }) => length)).toEqual(lent.map(() => 1));
}

describe("several programs over one state", () => {
  it("see what the others left", () => expectSharedState(["cpu", "cpu", "cpu"]));
  it("may run on different engines", () => expectSharedState(["cpu", "wasm", "wasm"]));

  it("see a state that is set anew", async () => {
    const state = freshState();
    const { doubling, reading } = await threePrograms(state, ["cpu", "cpu", "cpu"]);
    await doubling.run({});
    state.set(
      new Map([
        ["a", Float32Array.of(5, 6)],
        ["b", new Float32Array(4)],
      ]),
    );
    await doubling.run({});
    const results = await reading.run({ weight: Float32Array.of(1) });
    expect(results.get("total")?.floats()).toEqual(Float32Array.of(10, 12, 10, 12));
  });

  it("exchange pieces, and leave the arrays alone that they were given or have lent", () => expectOwnership("cpu"));
  it("do so in WebAssembly", () => expectOwnership("wasm"));

  it("cannot replace what the state does not have", async () => {
    const other = input("other", [1]);
    await expect(compile("cpu", freshState(), [[other, other]])).rejects.toThrow("no piece called other");
    expect(() => ProgramState.of([a], new Map())).toThrow("a: 2 numbers expected, 0 given");
  });
});

describeWebgpu("state in graphics memory", () => {
  it("is shared by programs there", () => expectSharedState(["webgpu", "webgpu", "webgpu"]));
  it("comes and goes for programs elsewhere", async () => {
    await expectSharedState(["webgpu", "cpu", "webgpu"]);
    await expectSharedState(["cpu", "webgpu", "wasm"]);
    expect(liveDeviceTensors()).toBe(0);
  });

  it("is exchanged without two owners of a tensor", () => expectOwnership("webgpu"));

  it("takes the same memory after 200 steps, and none after its release", async () => {
    const state = freshState();
    const { doubling, growing, reading } = await threePrograms(state, ["webgpu", "webgpu", "webgpu"]);
    const counts = new Set<number>();
    for (let step = 0; step < 200; step++) {
      await doubling.run({});
      await growing.run({});
      await reading.run({ weight: Float32Array.of(1) });
      if (step % 50 === 0) state.set(await freshState().values());
      else counts.add(liveDeviceTensors());
    }
    expect(counts).toEqual(new Set([2]));
    await state.release();
    expect(liveDeviceTensors()).toBe(0);
    for (const program of [doubling, growing, reading]) await program.release();
  });

  it("is never read as numbers, nor fed to another engine", async () => {
    const state = freshState();
    const program = await compile("webgpu", state, [[a, multiply(a, 2)]]);
    await program.run({});
    const tensors = await state.tensors(["a"], "webgpu", new Set());
    expect(() => tensors.get("a")?.floats()).toThrow("the numbers are on the device");
    const elsewhere = await Session.compile({ y: multiply(a, 2) }, { device: "cpu" });
    await expect(elsewhere.run({}, tensors)).rejects.toThrow("a is on the GPU, the session on cpu");
    await elsewhere.release();
    await program.release();
    await state.release();
  });
});
