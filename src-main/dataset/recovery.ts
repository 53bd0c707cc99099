/** Ends recordings that were cut off. Knows rows; whether somebody is still recording is the caller's to find out. */
import type { ProjectDatabase } from "./project-database.ts";
import { finishRecording, listStreams } from "./recordings-table.ts";
import { samplesFrom } from "./samples.ts";
import { StreamSink } from "./stream-sink.ts";

/**
 * Ends recordings that were cut off (the program was killed, the power went): what was committed is kept and marked
 * incomplete; one without a single sample is removed. Call only when no other program is recording. Returns their ids.
 */
export function closeCutOffRecordings(database: ProjectDatabase): number[] {
  const ids = unfinishedRecordings(database);
  for (const id of ids) {
    database.write(() => {
      const streams = listStreams(database, id);
      if (streams.every((stream) => stream.samples === 0)) {
        database.run("DELETE FROM recordings WHERE id = ?", id);
        return;
      }
      const sinks = streams.map((stream) => {
        const sink = new StreamSink(stream);
        for (const chunk of database.each<{ data: Uint8Array }>(
          "SELECT data FROM chunks WHERE stream_id = ? ORDER BY first_sample",
          stream.id,
        )) {
          sink.observe(samplesFrom(stream.sampleType, chunk.data));
        }
        return sink;
      });
      finishRecording(database, id, sinks, true);
    });
  }
  return ids;
}

export function unfinishedRecordings(database: ProjectDatabase): number[] {
  return database
    .all<{ id: number }>("SELECT id FROM recordings WHERE state = 'recording' ORDER BY id")
    .map((row) => row.id);
}
