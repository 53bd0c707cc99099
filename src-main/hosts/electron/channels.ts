/** Names of the messages between preload script and main process. */
export const CHANNELS = {
  toEngine: "engine:to",
  fromEngine: "engine:from",
  restarted: "engine:restarted",
  chooseFiles: "dialog:choose-files",
  chooseFolder: "dialog:choose-folder",
  chooseSavePath: "dialog:choose-save-path",
  savePdf: "print:save-pdf",
  describeMenu: "shell:describe-menu",
  command: "shell:command",
  progress: "shell:progress",
} as const;
