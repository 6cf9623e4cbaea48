const mostNamed = 20;

// In the order in which they are told. What is said of those that are not named, after their number.
const kinds = {
  contradicted: "that were labelled otherwise",
  undecided: "that it lists with different labels",
  repeated: "that it lists several times",
  ambiguous: "of its lines that fit several images",
  missing: "of its lines without an image",
  lost: "classes that it leaves without a label",
} as const;

type Kind = keyof typeof kinds;

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly say: () => string;
}

/** What the user should know of a table of labels: sentences about its files, the first of each kind by name. */
export class LabelRemarks {
  readonly #title: string;
  readonly #findings = new Map<Kind, Finding[]>();

  /** @param title what the sentences call the table */
  constructor(title: string) {
    this.#title = title;
  }

  /** @param say makes the sentence; only called for what is told by name */
  add(kind: Kind, file: string, line: number, say: () => string): void {
    const findings = this.#findings.get(kind);
    if (findings) findings.push({ file, line, say });
    else this.#findings.set(kind, [{ file, line, say }]);
  }

  /** Of each kind 20 in the order of their files, then the number of the others. */
  sentences(): readonly string[] {
    return Object.entries(kinds).flatMap(([kind, others]) => {
      const sorted = [...this.#findings].flatMap(([each, findings]) => (each === kind ? findings : [])).sort(byFile);
      const named = sorted.slice(0, mostNamed).map(({ say }) => say());
      const rest = sorted.length - named.length;
      return rest === 0 ? named : [...named, `… and ${rest} more ${others} (${this.#title})`];
    });
  }
}

function byFile(a: Finding, b: Finding): number {
  if (a.file === b.file) return a.line - b.line;
  return a.file < b.file ? -1 : 1;
}
