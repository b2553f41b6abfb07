// Topics, and what kind of payload each has.
import type { SchemaName } from "./clean";

const ID = /^[a-z0-9_-]{1,64}$/;

export interface Address {
	node: string;
	camera: string | null;
	name: string; // "telemetry", "record", "snapshot/meta" …
}

/** A word of a few letters, the JPEG itself, or the schema of a JSON object. */
export type Kind = "word" | "jpeg" | SchemaName;

const NODE_TOPICS: { [name: string]: Kind } = {
	status: "word",
	info: "info",
	telemetry: "telemetry",
	event: "event",
	reply: "reply",
};

const CAMERA_TOPICS: { [name: string]: Kind } = {
	status: "word",
	stats: "stats",
	record: "record",
	profile: "word",
	enabled: "word",
	controls: "controls",
	snapshot: "jpeg",
	"snapshot/meta": "snapshot-meta",
};

export function isId(text: unknown): text is string {
	return typeof text === "string" && ID.test(text);
}

/** null: a topic that the dashboard has no use for, commands among them. */
export function parseTopic(topic: string, prefix: string): Address | null {
	if (!topic.startsWith(`${prefix}/`))
		return null;
	const levels = topic.slice(prefix.length + 1).split("/");
	const node = levels.shift()!;
	if (!isId(node))
		return null;
	if (levels[0] !== "cam")
		return { node, camera: null, name: levels.join("/") };
	const camera = levels[1];
	return isId(camera) ? { node, camera, name: levels.slice(2).join("/") } : null;
}

export function kindOf({ camera, name }: Address): Kind | null {
	const table = camera === null ? NODE_TOPICS : CAMERA_TOPICS;
	return Object.hasOwn(table, name) ? table[name]! : null;
}

/** Where a command goes: below the node, without "/set". */
export function commandSuffix(camera: string | null, command: string): string {
	return camera === null ? command : `cam/${camera}/${command}`;
}
