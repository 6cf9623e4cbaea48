/**
 * A JPEG file without the oddity that its decoder warned of, where that is one of those that some cameras write and that change no
 * pixel; undefined where it is none of them. What is left can be decoded strictly.
 */
export function withoutOddity(bytes: Uint8Array, warning: string): Uint8Array | undefined {
  if (/extraneous bytes before marker 0xd9/.test(warning)) return withoutPadding(bytes);
  if (/Invalid SOS parameters/.test(warning)) return withUsualScans(bytes);
  return undefined;
}

const endMarker = Buffer.from([0xff, 0xd9]);
const scanMarker = Buffer.from([0xff, 0xda]);

/** Zeros before the last end marker. Other bytes there may be pixels that went astray. */
function withoutPadding(bytes: Uint8Array): Uint8Array | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = view.lastIndexOf(endMarker);
  let last = end;
  while (last > 0 && view[last - 1] === 0) last--;
  // An 0xff that ends the data is written with a zero after it (ITU-T T.81, section B.1.1.5).
  if (view[last - 1] === 0xff) last++;
  return last < end ? Buffer.concat([view.subarray(0, last), view.subarray(end)]) : undefined;
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
