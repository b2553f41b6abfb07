// Which tiles the fleet's grid shows, in which order. Pure functions.
import { diskIsLow, recordingOf, throttling } from "./health";
import { cameraName, camerasOf, nodeName, type Node } from "./node";

export const filters = ["all", "online", "offline", "recording", "throttled", "disk", "old", "selected"] as const;
export type Filter = typeof filters[number];
export const sorts = ["name", "cpu", "temp", "disk", "heard"] as const;
export type Sort = typeof sorts[number];

const MAX_CHOICES = 200; // of groups and of versions
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export interface Query {
	search: string;
	filter: Filter;
	sort: Sort;
	group: string; // "": all
	version: string; // "": all
}

export const START: Query = { search: "", filter: "all", sort: "name", group: "", version: "" };

/** One camera of a node; a node without cameras has one tile, with camera null. */
export interface Tile {
	key: string;
	node: string;
	camera: string | null;
}

export interface Counts {
	nodes: number;
	online: number;
	offline: number;
	recording: number;
	shown: number;
}

/** Of the selected tiles, those that there are; so many of them are not shown. */
export interface Chosen {
	keys: string[];
	hidden: number;
}

/** "site1-garage" and "site1-yard" belong together: what stands before the first "-" or "_". */
export function groupOf(id: string): string {
	const end = id.search(/[-_]/);
	return end > 0 ? id.slice(0, end) : "";
}

/** The groups that have more than one node, in order; so many at most. */
export function groupsOf(nodes: Iterable<Node>): string[] {
	const counts = new Map<string, number>();
	for (const { id } of nodes)
		counts.set(groupOf(id), (counts.get(groupOf(id)) ?? 0) + 1);
	return [...counts].filter(([group, count]) => group && count > 1).map(([group]) => group).sort().slice(0, MAX_CHOICES);
}

/** The versions in use, in order; so many at most. */
export function versionsOf(nodes: Iterable<Node>): string[] {
	const versions = new Set<string>();
	for (const { info } of nodes) {
		if (info && versions.size < MAX_CHOICES)
			versions.add(info.version);
	}
	return [...versions].sort(collator.compare);
}

/** The version that most nodes have; others are worth a look. */
export function commonVersion(nodes: Iterable<Node>): string {
	const counts = new Map<string, number>();
	for (const { info } of nodes) {
		if (info)
			counts.set(info.version, (counts.get(info.version) ?? 0) + 1);
	}
	return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

function recordsOf(node: Node, camera: string | null): boolean {
	return camera !== null && recordingOf(node, node.cameras[camera]) === "running";
}

function passes(node: Node, camera: string | null, filter: Exclude<Filter, "selected">, version: string): boolean {
	const online = node.status === "online";
	switch (filter) {
	case "all": return true;
	case "online": return online;
	case "offline": return !online || (camera !== null && node.cameras[camera]?.status === "offline" && node.cameras[camera].enabled !== false);
	case "recording": return recordsOf(node, camera);
	case "throttled": return online && throttling(node.telemetry) !== null;
	case "disk": return online && diskIsLow(node.telemetry);
	case "old": return !!node.info && node.info.version !== version;
	}
}

function haystack(node: Node, camera: string | null): string {
	const info = node.info;
	return [node.id, info?.name, info?.version, info?.ip, info?.model, camera, camera && cameraName(node, camera)]
		.join(" ").toLowerCase();
}

function rank(node: Node, sort: Sort): number {
	const telemetry = node.status === "online" ? node.telemetry : undefined;
	switch (sort) {
	case "cpu": return -(telemetry?.cpu_pct ?? -1);
	case "temp": return -(telemetry?.temp_c ?? -1000);
	case "disk": return telemetry?.disk_free_gb ?? Number.MAX_VALUE;
	case "heard": return -node.heardAt;
	default: return 0;
	}
}

const NONE: ReadonlySet<string> = new Set();

export function selectTiles(nodes: ReadonlyMap<string, Node>, query: Query, selected = NONE): { tiles: Tile[]; counts: Counts; chosen: Chosen } {
	const counts: Counts = { nodes: nodes.size, online: 0, offline: 0, recording: 0, shown: 0 };
	const version = query.filter === "old" ? commonVersion(nodes.values()) : "";
	const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
	const found: { tile: Tile; name: string; rank: number }[] = [];
	const chosen: Chosen = { keys: [], hidden: 0 };
	const has = (text: string) => words.every((word) => text.includes(word));
	for (const node of nodes.values()) {
		counts[node.status === "online" ? "online" : "offline"]++;
		const cameras: (string | null)[] = camerasOf(node).map(({ id }) => id);
		counts.recording += cameras.some((camera) => recordsOf(node, camera)) ? 1 : 0;
		const wanted = (!query.group || groupOf(node.id) === query.group) && (!query.version || node.info?.version === query.version);
		let shown = false;
		for (const camera of cameras.length ? cameras : [null]) {
			const key = `${node.id}/${camera ?? ""}`;
			const isChosen = selected.has(key);
			const passed = query.filter === "selected" ? isChosen : passes(node, camera, query.filter, version);
			const seen = wanted && passed && (!words.length || has(haystack(node, camera)));
			if (isChosen)
				chosen.keys.push(key);
			if (isChosen && !seen)
				chosen.hidden++;
			if (!seen)
				continue;
			shown = true;
			found.push({ tile: { key, node: node.id, camera }, name: nodeName(node), rank: rank(node, query.sort) });
		}
		counts.shown += shown ? 1 : 0;
	}
	found.sort((a, b) => a.rank - b.rank || collator.compare(a.name, b.name) || collator.compare(a.tile.node, b.tile.node));
	return { tiles: found.map(({ tile }) => tile), counts, chosen };
}

/** The rows of a grid that are on the screen, and a few more on each side. */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, rows: number, extra = 2): [number, number] {
	const first = Math.max(0, Math.floor(scrollTop / rowHeight) - extra);
	return [Math.min(first, rows), Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + extra)];
}
