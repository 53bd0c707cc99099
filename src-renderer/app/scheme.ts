/** Which colour scheme is on, for what is drawn by hand and must be drawn anew when it changes. */
import { useComputedColorScheme } from "@mantine/core";

export const useSchemeName = (): "light" | "dark" => useComputedColorScheme("light");
