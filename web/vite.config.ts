import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// `npm run dev` passes what is not a page on to a mesh that runs beside it.
const mesh = process.env["MESH_URL"] ?? "http://127.0.0.1:8000";
const api = ["/health", "/agents", "/openapi.json", "/results", "/jobs", "/records", "/export", "/tenant"];

/** Cloudscape carries its fonts inside its style sheet; as files of their own they load when they are needed,
 * and the content security policy needs no `data:` for them. */
function fontsAsFiles(): Plugin {
  return {
    name: "fonts-as-files",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("global-styles/index.css")) return null;
      return code.replace(/url\(["']?data:font\/woff2;base64,([A-Za-z0-9+/=]+)["']?\)/g, (_, font: string) => {
        const file = this.emitFile({ type: "asset", name: "font.woff2", source: Buffer.from(font, "base64") });
        return `url(__VITE_ASSET__${file}__)`;
      });
    },
  };
}

export default defineConfig({
  plugins: [fontsAsFiles(), react()],
  build: {
    // Nothing inline: the content security policy takes scripts, styles and fonts from files alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: { ...Object.fromEntries(api.map((path) => [path, mesh])), "/ws": { target: mesh, ws: true } },
  },
});
