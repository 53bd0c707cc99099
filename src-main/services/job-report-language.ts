/** The reader's language of a job report: its texts, dates and numbers. Knows no facts and no page. */
import type { JobReportText } from "../../src-shared/job-report-texts.ts";

export type JobReportLanguage = {
  /** BCP 47, for dates and numbers. */
  readonly locale: string;
  /** Translations by the English text; English where one is missing. */
  readonly texts: Readonly<Record<string, string>>;
};

/** One of the texts of job reports, with its values put in. */
export type Say = (text: JobReportText, values?: Readonly<Record<string, string | number>>) => string;

export type Writer = {
  readonly say: Say;
  /** What the engine said, in the reader's words where they were handed over. */
  readonly own: (text: string) => string;
  readonly date: (iso: string) => string;
  readonly day: (iso: string) => string;
  readonly number: (value: number, digits?: number) => string;
  readonly percent: (share: number) => string;
};

/** Thousands are parted from five digits on, as in the window: 1600, and 16,000. */
const GROUPING = { useGrouping: "min2" } as unknown as Intl.NumberFormatOptions;

/** A tag that the system knows; English for anything else. */
export function localeOf(locale: string): string {
  try {
    return new Intl.DateTimeFormat(locale).resolvedOptions().locale;
  } catch {
    return "en";
  }
}

/** How a job report is written for a reader. */
export function writerOf({ locale: wanted, texts }: JobReportLanguage): Writer {
  const locale = localeOf(wanted);
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const own = (text: string): string => (Object.hasOwn(texts, text) ? (texts[text] ?? text) : text);
  const written =
    (format: Intl.DateTimeFormat) =>
    (iso: string): string => {
      const at = new Date(iso);
      return Number.isNaN(at.getTime()) ? iso : format.format(at);
    };
  return {
    say: (text, values = {}) =>
      own(text).replace(/\{\{(\w+)\}\}/g, (whole, name: string) =>
        Object.hasOwn(values, name) ? String(values[name]) : whole,
      ),
    own,
    date: written(dates),
    day: written(days),
    number: (value, digits = 0) =>
      value.toLocaleString(locale, { maximumFractionDigits: digits, ...GROUPING }),
    percent: (share) => `${(share * 100).toLocaleString(locale, { maximumFractionDigits: 1 })} %`,
  };
}
