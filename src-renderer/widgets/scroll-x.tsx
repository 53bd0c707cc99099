/** Something wide that scrolls sideways within its place; reachable by keys where it does scroll, and no stop for Tab where not. */
import { type ReactNode, useEffect, useRef, useState } from "react";

export function ScrollX({ name, children }: { name: string; children: ReactNode }) {
  const box = useRef<HTMLElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = (): void => setScrolls(element.scrollWidth > element.clientWidth + 1);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    measure();
    return () => observer.disconnect();
  }, []);
  return (
    <section ref={box} className="scroll-x" {...(scrolls ? { tabIndex: 0, "aria-label": name } : {})}>
      {children}
    </section>
  );
}
