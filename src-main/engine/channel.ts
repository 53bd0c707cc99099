/** A way between one user interface and the engine: JSON texts in both directions, whatever carries them. */
export type EngineChannel = {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
};
