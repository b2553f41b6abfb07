import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The node serves few files under fixed names; the page asks for each by the hash of its content,
// so that it may be cached for ever (see node/http/page.c).
function versions(): Plugin {
	const hash = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex").slice(0, 16);
	return {
		name: "versions",
		enforce: "post",
		generateBundle(_options, bundle) {
			const page = bundle["index.html"];
			if (page?.type !== "asset")
				throw new Error("no index.html");
			let html = String(page.source);
			for (const [name, file] of Object.entries(bundle)) {
				const content = file.type === "chunk" ? file.code : file.source;
				if (name !== "index.html")
					html = html.replaceAll(`"/${name}"`, `"/${name}?v=${hash(content)}"`);
			}
			page.source = html.replaceAll(/ crossorigin (?=src|href)/g, " ");
		},
	};
}

// A web server looks for index.html. Mosquitto's own tells no type of scripts: modules need one,
// plain scripts do not.
function named(): Plugin {
	return {
		name: "named",
		enforce: "post",
		generateBundle(_options, bundle) {
			const page = bundle["fleet.html"];
			if (page?.type !== "asset")
				throw new Error("no fleet.html");
			page.fileName = "index.html";
			page.source = String(page.source).replace('type="module" crossorigin', "defer").replaceAll(/ crossorigin (?=src|href)/g, " ");
		},
	};
}

const jsx = { jsx: "automatic", jsxImportSource: "preact" } as const;

export default defineConfig(({ mode }) => {
	const fleet = mode === "fleet";
	return {
		esbuild: jsx,
		base: fleet ? "./" : "/",
		publicDir: "public",
		plugins: [fleet ? named() : versions()],
		build: {
			target: "es2020",
			outDir: fleet ? "dist/fleet" : "../node/http/page",
			emptyOutDir: true,
			modulePreload: false,
			cssCodeSplit: !fleet, // else it would be in the script
			reportCompressedSize: false,
			chunkSizeWarningLimit: 600, // kB; most of the fleet's page is MQTT.js
			assetsInlineLimit: 0,
			rollupOptions: {
				input: fleet ? "fleet.html" : "index.html",
				output: fleet ? { format: "iife" } : { entryFileNames: "app.js", assetFileNames: "app[extname]", inlineDynamicImports: true },
			},
		},
		server: {
			proxy: Object.fromEntries(["/api", "/cam", "/login", "/logout", "/recordings"].map((path) => [path, "http://127.0.0.1:8080"])),
		},
		test: { include: ["tests/**/*.test.ts"], environment: "node" },
	};
});
