/** A piece of HTML whose text has been escaped already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text and numbers are escaped, pieces of HTML are not, `undefined` leaves nothing. */
export type MarkupValue = Markup | string | number | undefined | readonly MarkupValue[];

/** HTML from a template literal. Everything put in is escaped, for text and quoted attributes alike, unless it is Markup. */
export function html(texts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(texts.reduce((joined, text, index) => joined + textOf(values[index - 1]) + text));
}

function textOf(value: MarkupValue): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  return value.map(textOf).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
