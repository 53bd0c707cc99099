/**
 * Drawing at the pace of the screen: whatever comes in between is drawn once. On a computer that is too busy, pictures are left out;
 * they never queue up.
 */

/** `draw` asks for a picture of `id` at the next frame; `end` takes back what was asked for. */
export function eachFrame(paint: (id: string) => void): { draw(id: string): void; end(): void } {
  const wanted = new Set<string>();
  let frame = 0;
  const step = (): void => {
    frame = 0;
    const ids = [...wanted];
    wanted.clear();
    for (const id of ids) paint(id);
  };
  return {
    draw: (id) => {
      wanted.add(id);
      if (frame === 0) frame = requestAnimationFrame(step);
    },
    end: () => {
      cancelAnimationFrame(frame);
      frame = 0;
      wanted.clear();
    },
  };
}
