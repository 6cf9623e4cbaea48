import { type FileMetaData, parquetSchema, type SchemaTree } from "hyparquet";
import { z } from "zod";
import { damagedUnless } from "./file.ts";
import type { Cell, Column } from "./values.ts";

/** Which columns of a file are read. */
interface Columns {
  readonly image: Column;
  /** undefined: the file has no labels. */
  readonly label: Column | undefined;
  /** Names of the classes by their number; undefined where the file does not say. */
  readonly classNames: readonly string[] | undefined;
}

const imageNames = ["image", "img"];
const labelNames = ["label", "labels", "fine_label", "class"];

/**
 * Finds the images and their labels: by the usual names of columns, else by what the metadata of Hugging Face's `datasets` calls an
 * Image and a ClassLabel. Images are encoded files, as bytes or as a struct that has `bytes`.
 * @throws Error with a short reason, with the columns named, when there are no images or several columns could be meant.
 */
export function chooseColumns(metadata: FileMetaData): Columns {
  const columns = damagedUnless(() => parquetSchema(metadata).children, "the footer is damaged");
  const features = huggingFaceFeatures(metadata);
  const named = (name: string): SchemaTree | undefined => columns.find(({ element }) => element.name === name);
  const called = (type: string): readonly string[] =>
    Object.keys(features).filter((name) => features[name]?.type === type && named(name) !== undefined);

  const imageName = theOne("images", imageNames.filter(named), called("Image"));
  const image = imageName === undefined ? undefined : named(imageName);
  if (image === undefined)
    throw new Error(
      `no column of images (image, img); it has ${columns.map(({ element }) => element.name).join(", ")}`,
    );
  const labelName = theOne("labels", labelNames.filter(named), called("ClassLabel"));
  const label = labelName === undefined ? undefined : named(labelName);
  return {
    image: imageColumn(image),
    label: label && labelColumn(label),
    classNames: labelName === undefined ? undefined : features[labelName]?.names,
  };
}

/** The only column of a usual name, else the only one that the metadata gives this part. */
function theOne(what: string, usual: readonly string[], declared: readonly string[]): string | undefined {
  const candidates = usual.length > 0 ? usual : declared;
  if (candidates.length > 1) throw new Error(`several columns may hold the ${what}: ${candidates.join(", ")}`);
  return candidates[0];
}

function imageColumn(tree: SchemaTree): Column {
  const { name } = tree.element;
  const leaf = tree.children.length === 0 ? tree : tree.children.find(({ element }) => element.name === "bytes");
  const text = leaf?.element.converted_type === "UTF8" || leaf?.element.logical_type?.type === "STRING";
  if (leaf === undefined || leaf.element.type !== "BYTE_ARRAY" || text)
    throw new Error(`its column ${name} does not hold encoded images`);
  return columnOf(leaf === tree ? [tree] : [tree, leaf], "BYTE_ARRAY");
}

function labelColumn(tree: SchemaTree): Column {
  const { name, type, converted_type: converted, logical_type: logical } = tree.element;
  const number =
    (type === "INT32" || type === "INT64") &&
    (converted === undefined || /^U?INT_/.test(converted)) &&
    (logical === undefined || logical.type === "INTEGER");
  if (tree.children.length > 0 || type === undefined || (type !== "BYTE_ARRAY" && !number))
    throw new Error(`its column ${name} holds neither whole numbers nor text`);
  return columnOf([tree], type === "BYTE_ARRAY" || type === "INT32" ? type : "INT64");
}

function columnOf(path: readonly SchemaTree[], type: Column["type"]): Column {
  const names = path.map(({ element }) => element.name);
  if (path.some(({ element }) => element.repetition_type === "REPEATED"))
    throw new Error(`its column ${names[0]} holds lists`);
  const optional = path.filter(({ element }) => element.repetition_type === "OPTIONAL").length;
  return { path: names, type, optional };
}

const featureSchema = z
  .object({ _type: z.string().optional(), names: z.array(z.string()).optional() })
  .catch({})
  .transform(({ _type: type, names }) => ({ type, names }));
const huggingFaceSchema = z.object({
  info: z.object({ features: z.record(z.string(), featureSchema).optional() }).optional(),
});

/** What the `datasets` library of Hugging Face says about the columns; nothing where another program wrote the file. */
function huggingFaceFeatures(metadata: FileMetaData): Readonly<Record<string, z.infer<typeof featureSchema>>> {
  const entry = metadata.key_value_metadata?.find(({ key }) => key === "huggingface");
  if (entry?.value === undefined) return {};
  const { value } = entry;
  return (
    damagedUnless(() => huggingFaceSchema.parse(JSON.parse(value)), "its Hugging Face metadata is damaged").info
      ?.features ?? {}
  );
}

/**
 * The class name that a label stands for; null, negative numbers and empty text are no label. An Error with a short reason where the
 * number has no name among those that the file gives.
 */
export function labelOf(cell: Cell, classNames: readonly string[] | undefined): string | null | Error {
  if (cell === null) return null;
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("utf8") || null;
  if (cell < 0) return null;
  if (classNames === undefined) return String(cell);
  return classNames[Number(cell)] ?? new Error(`label ${cell}, where 0 to ${classNames.length - 1} are possible`);
}
