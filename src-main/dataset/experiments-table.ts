/** Experiments, deployments and cached results as rows. Knows nothing of training; transactions are made here. */
import { z } from "zod";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectDatabase } from "./project-database.ts";
import { damagedRow, storedJson } from "./stored-json.ts";
import type { ExperimentRow } from "./types.ts";

/** Cached results are dropped, oldest first, beyond this many bytes. */
const CACHE_BYTES = 256 * 1024 * 1024;

type Row = {
  id: number;
  name: string;
  created_at: string;
  design: string;
  labels: string;
  result: string;
  dataset_hash: string;
  weights: Uint8Array;
  tflite: Uint8Array | null;
  model_package: Uint8Array | null;
};

const COLUMNS = "id, name, created_at, design, labels, result, dataset_hash, weights, tflite, model_package";

const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();

function toExperiment(path: string, row: Row): ExperimentRow {
  const what = `Experiment ${row.id}`;
  const blobs: unknown[] = [row.weights, row.tflite ?? row.weights, row.model_package ?? row.weights];
  if (!blobs.every((blob) => blob instanceof Uint8Array) || typeof row.name !== "string") {
    throw damagedRow(path, what);
  }
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    // Designs of all times are read by whoever works with them, each with its own schema.
    design: storedJson(z.looseObject({}), row.design, path, what) as unknown as Design,
    labels: storedJson(z.array(z.string()), row.labels, path, what),
    result: storedJson(z.unknown(), row.result, path, what),
    datasetHash: row.dataset_hash,
    weights: plain(row.weights),
    tflite: row.tflite === null ? null : plain(row.tflite),
    modelPackage: row.model_package === null ? null : plain(row.model_package),
  };
}

export function listExperiments(database: ProjectDatabase): ExperimentRow[] {
  return database
    .all<Row>(`SELECT ${COLUMNS} FROM experiments WHERE deleted_at IS NULL ORDER BY id`)
    .map((row) => toExperiment(database.path, row));
}

/** The newest experiment without what is large. */
export function latestExperiment(
  database: ProjectDatabase,
): { readonly id: number; readonly datasetHash: string; readonly converted: boolean } | null {
  const row = database.get<{ id: number; hash: string; converted: number }>(
    `SELECT id, dataset_hash AS hash, tflite IS NOT NULL AS converted FROM experiments
     WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 1`,
  );
  return row === undefined ? null : { id: row.id, datasetHash: row.hash, converted: row.converted === 1 };
}

/** Throws `not-found`. */
export function getExperiment(database: ProjectDatabase, id: number): ExperimentRow {
  const row = database.get<Row>(`SELECT ${COLUMNS} FROM experiments WHERE id = ? AND deleted_at IS NULL`, id);
  if (row === undefined) {
    throw new LimpetError("not-found", `The project has no experiment ${id}.`, {
      field: "experiment",
      hint: "`limpet info` lists the experiments; `limpet train` makes one.",
    });
  }
  return toExperiment(database.path, row);
}

export function addExperiment(
  database: ProjectDatabase,
  row: Omit<ExperimentRow, "id" | "createdAt">,
): number {
  return database.write(
    () =>
      database.run(
        "INSERT INTO experiments (name, created_at, design, labels, result, dataset_hash, weights, tflite, model_package) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.name,
        new Date().toISOString(),
        JSON.stringify(row.design),
        JSON.stringify(row.labels),
        JSON.stringify(row.result ?? null),
        row.datasetHash,
        row.weights,
        row.tflite,
        row.modelPackage,
      ).id,
  );
}

export function updateExperiment(
  database: ProjectDatabase,
  id: number,
  change: { name?: string; tflite?: Uint8Array; modelPackage?: Uint8Array; result?: unknown },
): void {
  getExperiment(database, id);
  database.write(() => {
    if (change.name !== undefined)
      database.run("UPDATE experiments SET name = ? WHERE id = ?", change.name, id);
    if (change.tflite !== undefined)
      database.run("UPDATE experiments SET tflite = ? WHERE id = ?", change.tflite, id);
    if (change.modelPackage !== undefined) {
      database.run("UPDATE experiments SET model_package = ? WHERE id = ?", change.modelPackage, id);
    }
    if (change.result !== undefined) {
      database.run("UPDATE experiments SET result = ? WHERE id = ?", JSON.stringify(change.result), id);
    }
  });
}

/** Takes the experiment out of the lists. Its row stays, because deployments refer to it. */
export function deleteExperiment(database: ProjectDatabase, id: number): void {
  getExperiment(database, id);
  database.write(() =>
    database.run("UPDATE experiments SET deleted_at = ? WHERE id = ?", new Date().toISOString(), id),
  );
}

export function addDeployment(
  database: ProjectDatabase,
  row: { experimentId: number; board: string; report: unknown },
): void {
  database.write(() =>
    database.run(
      "INSERT INTO deployments (experiment_id, board, created_at, report) VALUES (?, ?, ?, ?)",
      row.experimentId,
      row.board,
      new Date().toISOString(),
      JSON.stringify(row.report ?? null),
    ),
  );
}

export function listDeployments(
  database: ProjectDatabase,
): { experimentId: number; board: string; createdAt: string; report: unknown }[] {
  return database
    .all<{ experimentId: number; board: string; createdAt: string; report: string }>(
      "SELECT experiment_id AS experimentId, board, created_at AS createdAt, report FROM deployments ORDER BY id",
    )
    .map((row) => ({
      ...row,
      report: storedJson(z.unknown(), row.report, database.path, "The report of a deployment"),
    }));
}

export function cached(database: ProjectDatabase, key: string): Uint8Array | null {
  const row = database.get<{ value: Uint8Array }>("SELECT value FROM cache WHERE key = ?", key);
  return row === undefined ? null : plain(row.value);
}

/** Keeps results in one transaction; a project that cannot be written to goes without. */
export function cache(
  database: ProjectDatabase,
  entries: readonly (readonly [key: string, value: Uint8Array])[],
): void {
  const kept = entries.filter(([, value]) => value.byteLength <= CACHE_BYTES / 2);
  if (database.readonly || kept.length === 0) {
    return;
  }
  database.write(() => {
    for (const [key, value] of kept) {
      database.run(
        "INSERT OR REPLACE INTO cache (key, created_at, bytes, value) VALUES (?, ?, ?, ?)",
        key,
        new Date().toISOString(),
        value.byteLength,
        value,
      );
    }
    let total =
      database.get<{ total: number }>("SELECT coalesce(sum(bytes), 0) AS total FROM cache")?.total ?? 0;
    if (total <= CACHE_BYTES) return;
    const last = kept.at(-1)?.[0];
    for (const row of database.all<{ key: string; bytes: number }>(
      "SELECT key, bytes FROM cache ORDER BY created_at",
    )) {
      if (total <= CACHE_BYTES) break;
      if (row.key === last) continue;
      database.run("DELETE FROM cache WHERE key = ?", row.key);
      total -= row.bytes;
    }
  });
}
