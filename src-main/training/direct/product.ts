/** Products of the training kernels with a left side that lies anyhow: a matrix, its transpose, the patches of a padded image. */
import type { Kernels } from "./kernel-module.ts";

/** Places along one side: runs of `run`, `inner` apart within a run, the runs `outer` apart (in values). */
type Side = { readonly count: number; readonly run: number; readonly outer: number; readonly inner: number };

/** A left side of a product: `rows` x `depth` values from a pointer on. */
export type Left = { readonly pointer: number; readonly rows: Side; readonly depth: Side };

/** A row-major matrix, rows `columns` apart. */
export function matrix(pointer: number, rows: number, columns: number): Left {
  return {
    pointer,
    rows: { count: rows, run: rows, outer: 0, inner: columns },
    depth: { count: columns, run: columns, outer: 0, inner: 1 },
  };
}

export function transposed({ pointer, rows, depth }: Left): Left {
  return { pointer, rows: depth, depth: rows };
}

/** `to` [rows, columns] = (to +) left · right; `right` is [depth, columns]. `panel` is scratch of 8 * depth floats. */
export function multiply(
  kernels: Kernels,
  { pointer, rows, depth }: Left,
  right: number,
  columns: number,
  to: number,
  accumulate: boolean,
  panel: number,
): void {
  kernels.product(
    rows.count,
    rows.run,
    rows.outer,
    rows.inner,
    depth.count,
    depth.run,
    depth.outer,
    depth.inner,
    pointer,
    columns,
    right,
    columns,
    to,
    columns,
    accumulate ? 1 : 0,
    panel,
  );
}
