import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { npyOf, npyWithHeader } from "../../testing/npy.ts";
import { parseNpyHeader } from "./npy-header.ts";

const data = Buffer.alloc(0);

describe("the header of a NumPy array", () => {
  test.each([1, 2, 3] as const)("version %i.0", (version) => {
    const bytes = npyOf({ descr: "<i4", shape: [5, 1], version, data });
    expect(parseNpyHeader(bytes)).toEqual({
      element: { kind: "signed", bytes: 4, littleEndian: true, name: "int32" },
      fortranOrder: false,
      shape: [5, 1],
      start: bytes.length,
    });
  });

  test.each([
    ["|u1", "unsigned", 1, "uint8"],
    [">u2", "unsigned", 2, "uint16"],
    ["<U7", "text", 28, "text"],
    ["|S7", "bytes", 7, "byte strings"],
    ["<f4", "other", 4, "float32"],
    ["|b1", "other", 1, "bool"],
    ["|O", "other", 0, "Python objects"],
    ["<M8[ns]", "other", 8, "values of type M8"],
  ])("elements %s", (descr, kind, bytes, name) => {
    const littleEndian = !descr.startsWith(">");
    expect(parseNpyHeader(npyOf({ descr, shape: [], data })).element).toEqual({ kind, bytes, littleEndian, name });
  });

  test.each([
    ["{'descr':'|u1','fortran_order':False,'shape':(3,4)}", [3, 4]],
    ["{ \"shape\": (10L, 3L,), 'fortran_order': False, 'descr': \"|u1\" }", [10, 3]],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (), }", []],
  ])("other ways to write it: %s", (header, shape) => {
    expect(parseNpyHeader(npyWithHeader(header)).shape).toEqual(shape);
  });

  test.each([
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (3,) "],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (-3,) }"],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (3 3) }"],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (,) }"],
    ["{'descr': '|u1', 'fortran_order': 'False', 'shape': (3,) }"],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (3,), 'more': True}"],
    ["{'descr': '|u1', 'shape': (3,)}"],
    ["{'descr': '|u3', 'fortran_order': False, 'shape': (3,)}"],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 99999999999)}"],
    ["{'descr': '|u1', 'fortran_order': False, 'shape': (3,)} __import__('os')"],
    [`{${" ".repeat(9000)}`],
  ])("damage: %s", (header) => {
    expect(() => parseNpyHeader(npyWithHeader(header))).toThrow("its header is damaged");
  });

  test.each([
    ["the file is empty", Buffer.alloc(0)],
    ["no NumPy array: its first bytes are of another kind", Buffer.from("PK\u0003\u0004 something else")],
    ["the file ends too early", npyOf({ shape: [3], data }).subarray(0, 60)],
    [
      "an array of records with named fields",
      npyWithHeader("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (3,)}"),
    ],
    ["a header of 60", npyWithHeader(" ".repeat(60_000))],
    [
      "NPY version 9.0, which is unknown",
      Buffer.concat([Buffer.from("\x93NUMPY\x09\x00", "latin1"), Buffer.alloc(100)]),
    ],
  ])("%s", (reason, bytes) => {
    expect(() => parseNpyHeader(bytes)).toThrow(reason);
  });

  test("any bytes give a header or an Error", () => {
    const header = npyOf({ shape: [3, 4], data });
    fc.assert(
      fc.property(fc.nat(header.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(header);
        bytes[at] = value;
        try {
          const { shape } = parseNpyHeader(bytes);
          expect(shape.every((length) => Number.isSafeInteger(length) && length >= 0)).toBe(true);
        } catch (cause) {
          expect(cause).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
