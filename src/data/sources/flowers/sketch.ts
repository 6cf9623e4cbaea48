/** A colour: hue in degrees, saturation and lightness in percent, opacity 0..1 (1 by default). */
export interface Colour {
  readonly hue: number;
  readonly saturation: number;
  readonly lightness: number;
  readonly opacity?: number;
}

/** Colours along a gradient: positions 0..1. */
export type Stops = readonly (readonly [number, Colour])[];

export function colour(hue: number, saturation: number, lightness: number, opacity = 1): Colour {
  return { hue, saturation, lightness, opacity };
}

/** The same hue, lighter (positive) or darker (negative) by some percent. */
export function lighter(base: Colour, by: number): Colour {
  return { ...base, lightness: Math.min(98, Math.max(4, base.lightness + by)) };
}

export function paint({ hue, saturation, lightness, opacity = 1 }: Colour): string {
  return `hsla(${round((hue + 360) % 360)},${round(saturation)}%,${round(lightness)}%,${round(opacity)})`;
}

/** Short decimal text: a picture's text must not depend on the last bits of a sine. */
export function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Fills a template of a path or transform with short decimals: `` path`M${x} ${y}` ``. */
export function path(texts: TemplateStringsArray, ...values: readonly number[]): string {
  return String.raw({ raw: texts }, ...values.map(round));
}

/** An SVG picture of 128 by 128 units in the making. */
export class Sketch {
  readonly #definitions: string[] = [];
  readonly #shapes: string[] = [];

  /** A gradient along the line (x1, y1) to (x2, y2); returns what `fill` takes. */
  linear(from: readonly [number, number], to: readonly [number, number], stops: Stops): string {
    const line = path`gradientUnits="userSpaceOnUse" x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"`;
    return this.#gradient("linearGradient", line, stops);
  }

  /** A gradient from a centre outwards; returns what `fill` takes. */
  radial(centre: readonly [number, number], radius: number, stops: Stops): string {
    const circle = path`gradientUnits="userSpaceOnUse" cx="${centre[0]}" cy="${centre[1]}" r="${radius}"`;
    return this.#gradient("radialGradient", circle, stops);
  }

  #gradient(kind: string, geometry: string, stops: Stops): string {
    const id = `g${this.#definitions.length}`;
    const marks = stops.map(([offset, each]) => `<stop offset="${round(offset)}" stop-color="${paint(each)}"/>`);
    this.#definitions.push(`<${kind} id="${id}" ${geometry}>${marks.join("")}</${kind}>`);
    return `url(#${id})`;
  }

  shape(outline: string, fill: string, transform = "", more = ""): void {
    this.#shapes.push(
      `<path d="${outline}" fill="${fill}"${transform && ` transform="${transform}"`}${more && ` ${more}`}/>`,
    );
  }

  circle(x: number, y: number, radius: number, fill: string): void {
    this.#shapes.push(`<circle ${path`cx="${x}" cy="${y}" r="${radius}"`} fill="${fill}"/>`);
  }

  line(outline: string, stroke: Colour, width: number, transform = ""): void {
    const pen = `fill="none" stroke="${paint(stroke)}" stroke-width="${round(width)}" stroke-linecap="round"`;
    this.#shapes.push(`<path d="${outline}" ${pen}${transform && ` transform="${transform}"`}/>`);
  }

  /** Draws what follows inside `draw` turned and moved as a whole. */
  group(transform: string, draw: () => void): void {
    this.#shapes.push(`<g transform="${transform}">`);
    draw();
    this.#shapes.push("</g>");
  }

  /** The picture as SVG text, to be rendered `size` pixels wide and high. */
  svg(size: number): string {
    const frame = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" width="${size}" height="${size}"`;
    return `<svg ${frame}><defs>${this.#definitions.join("")}</defs>${this.#shapes.join("")}</svg>`;
  }
}
