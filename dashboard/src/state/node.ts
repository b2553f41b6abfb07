// What is known of one node, and how each message changes it. Pure functions: a message makes a new
// object where something changed and leaves the rest as it was, so that views compare by identity.
import { clean } from "../contract/clean";
import type {
	ControlsPayload, EventPayload, InfoPayload, RecordPayload, SnapshotMetaPayload, StatsPayload, TelemetryPayload,
} from "../contract/generated";
import { isId, kindOf, type Address } from "../contract/topic";

export const HISTORY = 90; // readings kept of each node, for its charts
export const MAX_CAMERAS = 16; // of a node; a node itself allows fewer
const MAX_WORD = 64;

export type Presence = "online" | "offline" | "unknown";

export type Control = ControlsPayload["controls"][string];

export interface Reading {
	at: number; // ms, when it came
	cpu?: number;
	temp?: number;
	mem?: number;
	disk?: number;
}

export interface Picture {
	blob: Blob;
	url: string; // of it; whoever applies the message revokes it
	bytes: number;
	at: number;
}

export interface Camera {
	id: string;
	status: Presence;
	stats?: StatsPayload;
	statsAt: number;
	record?: RecordPayload;
	meta?: SnapshotMetaPayload;
	picture?: Picture | null; // null: there is none; undefined: not known, or not asked for
	profile?: string;
	enabled?: boolean;
	controls?: { [name: string]: Control };
}

export interface Node {
	id: string;
	status: Presence;
	statusAt: number;
	info?: InfoPayload;
	telemetry?: TelemetryPayload;
	telemetryAt: number;
	heardAt: number; // the last message that was not retained
	skewMs: number; // this clock minus the node's
	history: readonly Reading[];
	cameras: { readonly [id: string]: Camera };
}

export interface Message extends Address {
	payload: unknown; // a string, parsed JSON, or a Picture
	retained: boolean;
	at: number;
}

export interface Happening {
	key: string;
	node: string;
	at: number;
	event: EventPayload;
	past: boolean; // it was told of later
}

export function newNode(id: string): Node {
	return {
		id, status: "unknown", statusAt: 0, telemetryAt: 0, heardAt: 0, skewMs: 0, history: [], cameras: Object.create(null),
	};
}

export function newCamera(id: string): Camera {
	return { id, status: "unknown", statsAt: 0 };
}

/** The node with this camera in place of the one of its id. No id is one that all objects know, such as "constructor". */
export function withCamera(node: Node, camera: Camera): Node {
	return { ...node, cameras: Object.assign(Object.create(null), node.cameras, { [camera.id]: camera }) };
}

/** What is listed with an id that can be one, each id once: it becomes part of topics and addresses. */
function withInfo(node: Node, payload: unknown): Node {
	const info = clean<InfoPayload>("info", payload);
	const seen = new Set<string>();
	const isNew = (id: string) => isId(id) && !seen.has(id) && !!seen.add(id);
	return info ? { ...node, info: { ...info, cameras: info.cameras.filter(({ id }) => isNew(id)) } } : node;
}

function presence(payload: unknown): Presence {
	return payload === "online" || payload === "offline" ? payload : "unknown";
}

function word(payload: unknown): string | undefined {
	return typeof payload === "string" && payload.length <= MAX_WORD ? payload : undefined;
}

function withTelemetry(node: Node, payload: unknown, at: number): Node {
	const telemetry = clean<TelemetryPayload>("telemetry", payload);
	if (!telemetry)
		return node;
	const reading: Reading = {
		at, cpu: telemetry.cpu_pct, temp: telemetry.temp_c, mem: telemetry.mem_pct, disk: telemetry.disk_free_gb,
	};
	const read = Date.parse(telemetry.ts);
	return {
		...node, telemetry, telemetryAt: at, skewMs: Number.isFinite(read) ? at - read : node.skewMs,
		history: [...node.history.slice(1 - HISTORY), reading],
	};
}

function reduceCamera(camera: Camera, { name, payload, at }: Message): Camera {
	switch (name) {
	case "status":
		return { ...camera, status: presence(payload) };
	case "stats": {
		const stats = clean<StatsPayload>("stats", payload);
		return stats ? { ...camera, stats, statsAt: at } : camera;
	}
	case "record": {
		const record = clean<RecordPayload>("record", payload);
		return record ? { ...camera, record } : camera;
	}
	case "snapshot/meta": {
		const meta = clean<SnapshotMetaPayload>("snapshot-meta", payload);
		return meta ? { ...camera, meta } : camera;
	}
	case "snapshot":
		return { ...camera, picture: (payload as Picture | undefined) ?? null }; // empty: it was cleared
	case "profile":
		return { ...camera, profile: word(payload) };
	case "enabled":
		return { ...camera, enabled: payload === "ON" ? true : payload === "OFF" ? false : undefined };
	case "controls": {
		const message = clean<ControlsPayload>("controls", payload);
		return message ? { ...camera, controls: message.controls } : camera;
	}
	}
	return camera;
}

function reduceItself(node: Node, { name, payload, at }: Message): Node {
	switch (name) {
	case "status":
		return { ...node, status: presence(payload), statusAt: at };
	case "info":
		return withInfo(node, payload);
	case "telemetry":
		return withTelemetry(node, payload, at);
	}
	return node;
}

export function reduce(node: Node, message: Message): Node {
	if (kindOf(message) === null)
		return node;
	const heardAt = message.retained ? node.heardAt : message.at;
	if (message.camera === null)
		return { ...reduceItself(node, message), heardAt };
	const camera = node.cameras[message.camera];
	if (!camera && Object.keys(node.cameras).length >= MAX_CAMERAS)
		return node;
	return withCamera({ ...node, heardAt }, reduceCamera(camera ?? newCamera(message.camera), message));
}

/** The cameras in the order of the configuration, then what else was heard of. */
export function camerasOf(node: Node): Camera[] {
	const listed = node.info?.cameras.map((camera) => camera.id);
	const ids = listed ?? Object.keys(node.cameras).sort();
	return ids.slice(0, MAX_CAMERAS).map((id) => node.cameras[id] ?? newCamera(id));
}

export function cameraName(node: Node, id: string): string {
	return node.info?.cameras.find((camera) => camera.id === id)?.name ?? id;
}

/** How long a reading counts as the present state, of a node that reads every few seconds. */
export const OLD_MS = 45_000;
const OLD_INTERVALS = 2.5; // of one that says that it reads less often: one may be lost

/** Whether what came `at` is not the present state any more. */
export function isOld(node: Node, at: number, now: number): boolean {
	return now - at >= Math.max(OLD_MS, OLD_INTERVALS * 1000 * (node.telemetry?.interval_s ?? 0));
}

/** When a new connection was made: what was said of nodes before it is not known any more. */
export function unconfirmed(node: Node, since: number): Node {
	return node.statusAt < since ? { ...node, status: "unknown", statusAt: since } : node;
}

export function nodeName(node: Node): string {
	return node.info?.name ?? node.id;
}
