/** What the words of the design form mean, in plain sentences, folded away at the foot of each block. Knows texts only. */
import { useTranslation } from "react-i18next";

/** The label of a field, and what it does to the answers or to the board. */
export type Word = readonly [label: string, meaning: string];

export const WINDOW_WORDS: readonly Word[] = [
  [
    "Length (ms)",
    "How much signal one answer is about. Long enough for the slowest thing that tells the states apart: a few turns of the shaft, a whole word.",
  ],
  [
    "Stride (ms)",
    "How much later the next window begins. Shorter: more examples and quicker answers, but more work for the board.",
  ],
];

const NORMALISATION: Word = [
  "Normalisation",
  "Brings all features to one scale, so that large figures do not drown small ones.",
];
const DECIMATION: Word = [
  "Keep every n-th sample",
  "Lowers the rate. With 2, half of the samples are left, and the upper half of the frequencies is lost.",
];
const FRAMES: readonly Word[] = [
  [
    "Frame (ms)",
    "The window is cut into short frames; each frame gives one column of the picture of the sound.",
  ],
  ["Frame stride (ms)", "How much later the next frame begins."],
];

/** Of each block of features. */
export const FEATURE_WORDS: Readonly<Record<string, readonly Word[]>> = {
  spectral: [
    [
      "FFT length (samples)",
      "How finely frequencies are told apart. Twice the length separates tones that are half as far apart.",
    ],
    ["Bands", "The frequencies are put together into this many bands. Each band is one feature."],
    DECIMATION,
    NORMALISATION,
  ],
  "log-mel": [
    ...FRAMES,
    ["Mel filters", "Bands of frequency as the ear hears them: narrow for low tones, wide for high ones."],
    NORMALISATION,
  ],
  mfcc: [
    ...FRAMES,
    ["Coefficients", "This many figures describe the shape of the spectrum of a frame."],
    NORMALISATION,
  ],
  raw: [DECIMATION, NORMALISATION],
};

const LAYERS =
  "More of them tell finer differences apart, but take memory and time on the board and need more recordings.";

/** Of networks: what their layers are made of has another name in each. */
export const networkWords = (kind: string): readonly Word[] => [
  [kind === "dense" ? "Units of each layer" : "Filters of each layer", LAYERS],
  [
    "Dropout (%)",
    "While it learns, this share of the network is left out at random, so that it does not learn the recordings by heart.",
  ],
  [
    "Epochs at most",
    "How often it goes through all recordings. It ends earlier when it no longer gets better.",
  ],
];

export function Words({ words }: { words: readonly Word[] }) {
  const { t } = useTranslation();
  return (
    <details className="more words">
      <summary>{t("What these words mean")}</summary>
      <dl>
        {words.map(([label, meaning]) => (
          <div key={label}>
            <dt>{t(label)}</dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
