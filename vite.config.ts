import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The interface is built into dist/renderer. Relative addresses, so that it also runs from Electron's own protocol. */
export default defineConfig({
  root: "src-renderer",
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../dist/renderer",
    emptyOutDir: true,
    // Electron 22 (Chromium 108) is the oldest that must run it.
    target: "chrome108",
    // The content security policy allows neither inline scripts nor data addresses for scripts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});
