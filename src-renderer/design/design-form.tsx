/** A design as a form of three blocks, window, features and network, and what is learnt from besides. Knows no costs. */
import { useMemo } from "react";
import type { DesignReport } from "../../src-shared/contract/index.ts";
import type { DesignFile } from "../../src-shared/design.ts";
import { useApp } from "../app/store.ts";
import { AugmentationCard } from "./augmentation-card.tsx";
import { inputsOf, sensorChoices } from "./design-inputs.ts";
import { FeaturesCard } from "./features-card.tsx";
import { NetworkCard } from "./network-card.tsx";
import { WindowCard } from "./window-card.tsx";

export function DesignForm({
  design,
  onChange,
  report,
}: {
  design: DesignFile;
  onChange: (design: DesignFile) => void;
  /** What came of the design, for the line at the foot of each block. */
  report: DesignReport | null;
}) {
  const recordings = useApp((state) => state.recordings);
  const sensors = useMemo(() => sensorChoices(recordings), [recordings]);
  const inputs = inputsOf(design, sensors);
  return (
    <>
      <div className="blocks">
        <WindowCard design={design} inputs={inputs} sensors={sensors} report={report} onChange={onChange} />
        <FeaturesCard design={design} inputs={inputs} report={report} onChange={onChange} />
        <NetworkCard design={design} report={report} onChange={onChange} />
      </div>
      <AugmentationCard
        design={design}
        inputs={inputs}
        channels={({ sensor, channels }) =>
          channels?.length ?? sensors.find((one) => one.sensor === sensor)?.channels.length ?? 0
        }
        onChange={onChange}
      />
    </>
  );
}
