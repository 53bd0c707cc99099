/** Counts of a confusion matrix: put in the order in which the window names classes, and the pair that is confused most. No looks. */
export type Confusion = {
  readonly labels: readonly string[];
  /** Rows: what a window was; columns: what it was called. */
  readonly matrix: readonly (readonly number[])[];
};

/** The same counts with the classes in the order of `known`; what is not known comes last, as it stood. */
export function inOrder({ labels, matrix }: Confusion, known: readonly string[]): Confusion {
  const rank = (label: string): number => {
    const at = known.indexOf(label);
    return at < 0 ? known.length : at;
  };
  const order = labels.map((_, index) => index).sort((a, b) => rank(labels[a] ?? "") - rank(labels[b] ?? ""));
  return {
    labels: order.map((index) => labels[index] ?? ""),
    matrix: order.map((row) => order.map((column) => matrix[row]?.[column] ?? 0)),
  };
}

/** The wrong answer that came most often; null where none was wrong. */
export function worstPair({ labels, matrix }: Confusion): {
  readonly was: string;
  readonly called: string;
  readonly count: number;
  readonly total: number;
} | null {
  let worst: ReturnType<typeof worstPair> = null;
  matrix.forEach((row, at) => {
    row.forEach((count, column) => {
      if (at === column || count <= (worst?.count ?? 0)) return;
      const total = row.reduce((sum, one) => sum + one, 0);
      worst = { was: labels[at] ?? "", called: labels[column] ?? "", count, total };
    });
  });
  return worst;
}
