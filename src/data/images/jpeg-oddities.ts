/**
 * A JPEG file without the oddity that its decoder warned of, where that is one of those that some cameras write and that change no
 * pixel; undefined where it is none of them. What is left can be decoded strictly.
 */
export function withoutOddity(bytes: Uint8Array, warning: string): Uint8Array | undefined {
  if (/extraneous bytes before marker 0xd9/.test(warning)) return withoutPadding(bytes);
  if (/Invalid SOS parameters/.test(warning)) return withUsualScans(bytes);
  return undefined;
}

const scanMarker = Buffer.from([0xff, 0xda]);

/** Zeros before the end marker of the first image: others may follow. Other bytes there may be pixels that went astray. */
function withoutPadding(bytes: Uint8Array): Uint8Array | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOfFirstImage(view);
  let last = end;
  while (last > 0 && view[last - 1] === 0) last--;
  // An 0xff that ends the data is written with a zero after it (ITU-T T.81, section B.1.1.5).
  if (view[last - 1] === 0xff) last++;
  return last < end ? Buffer.concat([view.subarray(0, last), view.subarray(end)]) : undefined;
}

/**
 * Where the first end marker lies, or -1. Segments are stepped over, since thumbnails lie in them; in a scan's data a marker is an 0xff
 * that no zero follows (ITU-T T.81, sections B.1.1.3 to B.1.1.5).
 */
function endOfFirstImage(bytes: Buffer): number {
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 1 < bytes.length; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xd9) return at;
    if (marker === 0xff) at++;
    else if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (at + 4 > bytes.length) return -1;
    else at += 2 + bytes.readUInt16BE(at + 2);
    at = bytes.indexOf(0xff, at);
  }
  return -1;
}

/** Sequential scans hold all coefficients, 0 to 63, at full precision, whatever they say (ITU-T T.81, section B.2.3). */
function withUsualScans(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(scanMarker); at >= 0; at = copy.indexOf(scanMarker, at + 2)) {
    const place = at + 5 + 2 * (copy[at + 4] ?? 0);
    if (place + 3 <= copy.length) copy.set([0, 63, 0], place);
  }
  return copy;
}
