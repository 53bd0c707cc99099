/** A project of many short recordings of three axes, for benchmarks of lists. */
import { ProjectFile } from "../src-main/dataset/project-file.ts";

/** Makes it at `path`, in one transaction. */
export async function makeManyRecordings(path: string, count: number): Promise<void> {
  const project = ProjectFile.create(path);
  const classes = ["idle", "running", "worn", "loose"];
  project.saveGoal({ ...project.goal(), classes: classes.map((name) => ({ name, description: "" })) });
  await project.bulk(async () => {
    for (let i = 0; i < count; i++) {
      const label = classes[i % classes.length] ?? "idle";
      project.addRecording({
        recording: {
          name: `${label}.${i}`,
          label,
          group: `day ${i % 50}`,
          origin: "import",
          source: `${label}.${i}.csv`,
          streams: [
            {
              sensor: "accelerometer",
              channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
              rateHz: 200,
              sampleType: "int16",
              scale: 0.001,
            },
          ],
        },
        data: [
          {
            samples: Int16Array.from(
              { length: 3 * 400 },
              (_, k) => 900 * Math.sin(k * (0.01 + (i % 97) / 300)) + (i % 13),
            ),
            gaps: [],
          },
        ],
      });
    }
  });
  project.close();
}
