import type { CachedImages, CacheListing, ClearedCache } from "../data/index.ts";
import { bytes } from "./quantities.ts";
import { counted, grouped, table } from "./text.ts";

/** What lies in the cache, as a reader wants it. */
export function cacheText({ folder, limit, stores, unfinished, features, engine, total }: CacheListing): string {
  const rows = stores.map((store) => [
    store.name,
    store.images === null ? "of no use" : grouped(store.images),
    bytes(store.bytes),
    store.inUse ? "in use" : moment(store.lastUsed),
    detailsOf(store),
  ]);
  const others = [
    ...(unfinished > 0 ? [["unfinished", "", bytes(unfinished), "", "being decoded, or stopped in the middle"]] : []),
    ...(features.files > 0 ? [["features", "", bytes(features.bytes), "", featureDetails(features)]] : []),
    ...(engine > 0 ? [["engine", "", bytes(engine), "", "timings and checks of this machine"]] : []),
  ];
  const title = `${folder}: ${bytes(total)}, images at most ${bytes(limit)}\n`;
  if (rows.length + others.length === 0) return `${folder}: empty\n`;
  return title + table([["name", "images", "size", "last used", "from"], ...rows, ...others]);
}

function featureDetails({ files, limit }: CacheListing["features"]): string {
  return `${counted(files, "file", "files")} of features and classifiers, at most ${bytes(limit)}`;
}

/** What was done to the images, where it is not the usual, and where they came from. */
function detailsOf({ preparation, from }: CachedImages): string {
  const { fit, crop, pad, filter } = preparation?.fitting ?? {};
  const unusual = [fit, crop ?? pad, filter].filter((word) => word !== undefined).join(" ");
  const shown = unusual === "" || unusual === "cover centre lanczos3" ? [] : [`(${unusual})`];
  return [from.length === 0 ? "unknown" : from.join(", "), ...shown].join(" ");
}

/** `2026-03-01 14:05`, in local time. */
function moment(time: Date): string {
  return time.toLocaleString("sv-SE").slice(0, 16);
}

/** What has been removed, as a reader wants it. */
export function clearedText({ removed, kept, bytes: freed }: ClearedCache): string {
  const stores = removed.length === 0 ? "" : ` of ${counted(removed.length, "set of images", "sets of images")}`;
  const lines = kept.map(({ name, reason }) => `kept ${name}: ${reason}\n`);
  return [`removed ${bytes(freed)}${stores}\n`, ...lines].join("");
}
