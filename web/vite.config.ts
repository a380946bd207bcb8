import { defineConfig } from "vite";

// Two pages: the console, and the map for the frames of other platforms. Everything is a file of the server's own: no inline
// script or style, no other origin. The map library's worker is a module of its own.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { input: { index: "index.html", map: "map.html" } },
  },
  worker: { format: "es" },
});
