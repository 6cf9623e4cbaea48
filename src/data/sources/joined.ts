import { createHash } from "node:crypto";
import { internalError } from "../../foundation/errors.ts";
import type { ImageSource } from "../image-source.ts";
import { concatenated } from "./concatenated.ts";

/**
 * Several sources as one, one after the other. Names begin with the source they come from (`photos/rose.jpg`, `photos-2/rose.jpg` where
 * two are called the same); equal class names are one class; each image keeps its part of the data set. One source alone stays as it is.
 */
export function joinSources(sources: readonly ImageSource[]): ImageSource {
  const [first, ...others] = sources;
  if (first === undefined) throw internalError("joinSources", "no sources");
  if (others.length === 0) return first;
  const prefixes = distinct(sources.map(({ name }) => name));
  const prefixed = sources.map((source, position) => ({ source, prefix: prefixes[position] ?? source.name }));
  const hash = createHash("sha256");
  for (const { source, prefix } of prefixed) hash.update(`${JSON.stringify([prefix, source.fingerprint])}\n`);
  return {
    name: first.name,
    location: sources.flatMap(({ location }) => location),
    kind: "joined",
    records: prefixed.flatMap(({ source, prefix }) =>
      source.records.map((record) => ({ ...record, name: `${prefix}/${record.name}` })),
    ),
    unusable: prefixed.flatMap(({ source, prefix }) =>
      source.unusable.map((skipped) => ({ ...skipped, file: `${prefix}/${skipped.file}` })),
    ),
    ignored: prefixed.flatMap(({ source, prefix }) => source.ignored.map((file) => `${prefix}/${file}`)),
    remarks: prefixed.flatMap(({ source, prefix }) => source.remarks.map((remark) => `${prefix}/${remark}`)),
    fingerprint: hash.digest("hex"),
    images: (wanted) => concatenated(sources, wanted),
  };
}

/** Each name, or the name with the first number from 2 on that makes it another than all others. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let number = 2; taken.has(candidate); number++) candidate = `${name}-${number}`;
    taken.add(candidate);
    return candidate;
  });
}
