import { create, toBinary } from "@bufbuild/protobuf";
import { AttributeProto_AttributeType, ModelProtoSchema, TensorProto_DataType } from "onnx-buf";
import { internalError } from "../foundation/errors.ts";
import { type Engine, type EngineSession, loadEngine } from "./engine.ts";

/** Numbers in rows, one row after another. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] */
  readonly values: Float64Array;
}

/**
 * Products of large matrices in float64, by the engine on the CPU: about a hundred times as fast as a loop. What is
 * measured about images is computed in float64, networks are not, so this stands beside the graph and is no part of it.
 */
export class MatrixProducts {
  readonly #engine: Engine;
  readonly #rowsByRows: EngineSession;
  readonly #columnsByColumns: EngineSession;

  private constructor(engine: Engine, rowsByRows: EngineSession, columnsByColumns: EngineSession) {
    this.#engine = engine;
    this.#rowsByRows = rowsByRows;
    this.#columnsByColumns = columnsByColumns;
  }

  static async open(): Promise<MatrixProducts> {
    const engine = await loadEngine("cpu");
    const [rows, columns] = [await engine.open(gemm(false, true)), await engine.open(gemm(true, false))];
    return new MatrixProducts(engine, rows, columns);
  }

  /** A Bᵀ, [n, d] and [m, d] to [n, m]: the products of every row of A with every row of B. */
  rowsByRows(a: Matrix, b: Matrix): Promise<Matrix> {
    if (a.columns !== b.columns) throw internalError("rowsByRows", `${a.columns} columns and ${b.columns}`);
    return this.#run(this.#rowsByRows, a, b, { rows: a.rows, columns: b.rows });
  }

  /** Aᵀ B, [n, d] and [n, e] to [d, e]: the products of every column of A with every column of B. */
  columnsByColumns(a: Matrix, b: Matrix): Promise<Matrix> {
    if (a.rows !== b.rows) throw internalError("columnsByColumns", `${a.rows} rows and ${b.rows}`);
    return this.#run(this.#columnsByColumns, a, b, { rows: a.columns, columns: b.columns });
  }

  async release(): Promise<void> {
    await this.#rowsByRows.release();
    await this.#columnsByColumns.release();
  }

  async #run(session: EngineSession, a: Matrix, b: Matrix, { rows, columns }: Omit<Matrix, "values">): Promise<Matrix> {
    const fed = ({ rows: height, columns: width, values }: Matrix) => this.#engine.matrix(values, [height, width]);
    const { product } = await session.run({ a: fed(a), b: fed(b) });
    if (product?.data instanceof Float64Array) return { rows, columns, values: product.data };
    throw internalError("MatrixProducts", "the engine gave no float64 numbers");
  }
}

/** A model of one operator, the product of two float64 matrices of any size, each transposed or not. */
function gemm(transA: boolean, transB: boolean): Uint8Array {
  const matrix = (name: string) => {
    const dim = ["rows", "columns"].map((axis) => ({
      value: { case: "dimParam" as const, value: `${name}.${axis}` },
    }));
    return {
      name,
      type: {
        value: { case: "tensorType" as const, value: { elemType: TensorProto_DataType.DOUBLE, shape: { dim } } },
      },
    };
  };
  const flag = (name: string, value: boolean) => ({
    name,
    type: AttributeProto_AttributeType.INT,
    i: value ? 1n : 0n,
  });
  const node = {
    opType: "Gemm",
    input: ["a", "b"],
    output: ["product"],
    attribute: [flag("transA", transA), flag("transB", transB)],
  };
  const graph = { name: "product", node: [node], input: [matrix("a"), matrix("b")], output: [matrix("product")] };
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: "", version: 17n }], graph }),
  );
}
