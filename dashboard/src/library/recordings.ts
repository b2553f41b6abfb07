// A node's library of recordings, as the pages ask for it: over HTTP from the node itself, or through
// the fleet's server.
import { ask } from "../carrier/http";
import { cleanShape } from "../contract/clean";

export const PAGE = 60; // recordings asked for at a time
const MAX_PAGE = 200; // that the node gives at once
export const MAX_LABEL = 64; // bytes of UTF-8

/** Whose library this is, and where it is found. */
export interface Place {
	node: string;
	base: string; // before "/recordings/": "" on the node's page, "node/garage" on the fleet's
	route: string; // of the library in this page: "#/recordings"
}

export interface Recording {
	file: string;
	camera: string;
	started_at?: string;
	duration_s?: number;
	bytes?: number;
	format?: string;
	width?: number;
	height?: number;
	label?: string;
	protected?: boolean;
	recovered?: boolean;
	damaged?: boolean;
	thumbnail_url?: string;
}

export interface Query {
	camera: string; // "": all
	label: string; // "": all
	day: string; // "2026-11-26" or "": all
}

export interface Day {
	day: string;
	count: number;
	duration_s: number;
	bytes: number;
}

export interface Month {
	month: string; // "2026-11"
	days: Day[];
	labels: string[];
	oldest?: string; // days, of all months
	newest?: string;
}

const RECORDING = {
	file: "string", camera: "string", "started_at?": "string", "duration_s?": "number", "bytes?": "number",
	"format?": "string", "width?": "number", "height?": "number", "label?": "string", "protected?": "boolean",
	"recovered?": "boolean", "damaged?": "boolean", "thumbnail_url?": "string",
};
const MONTH = {
	month: "string", days: [{ day: "string", count: "number", duration_s: "number", bytes: "number" }], labels: ["string"],
	"oldest?": "string", "newest?": "string",
} as const;

export function asRecording(value: unknown): Recording | undefined {
	return cleanShape(RECORDING, value) as Recording | undefined;
}

export function asMonth(value: unknown): Month | undefined {
	const month = cleanShape(MONTH, value) as Month | undefined;
	if (!month || !/^\d{4}-(0[1-9]|1[0-2])$/.test(month.month))
		return undefined;
	const day = (text: string | undefined) => (text && /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined);
	return { ...month, days: month.days.filter((entry) => day(entry.day)), oldest: day(month.oldest), newest: day(month.newest) };
}

/** Between the page and the node is a server that knows no way there. */
export class NotSetUp extends Error {}

async function read(base: string, path: string, fields: { [name: string]: string }, signal: AbortSignal): Promise<unknown> {
	const given = Object.entries(fields).filter(([, value]) => value);
	const response = await ask(`${base}/recordings/${path}?${new URLSearchParams(given)}`, { signal });
	if (response.status === 404 && base)
		throw new NotSetUp();
	if (!response.ok)
		throw new Error(await response.text());
	return response.json();
}

export async function listRecordings(base: string, query: Query, offset: number, signal: AbortSignal, limit = PAGE): Promise<{ total: number; items: Recording[] }> {
	const answer = await read(base, "", { ...query, format: "json", offset: String(offset), limit: String(limit) }, signal) as
		{ items?: unknown; total?: unknown };
	const items = (cleanShape([RECORDING], answer.items) ?? []) as Recording[];
	return { total: Number(answer.total) || items.length, items };
}

/** The newest `count` recordings, in pieces as large as the node gives them. */
export async function listNewest(base: string, query: Query, count: number, signal: AbortSignal): Promise<{ total: number; items: Recording[] }> {
	const items: Recording[] = [];
	let total = 0;
	do {
		const limit = Math.min(count - items.length, MAX_PAGE);
		const answer = await listRecordings(base, query, items.length, signal, limit);
		total = answer.total;
		items.push(...answer.items);
		if (answer.items.length < limit)
			break;
	} while (items.length < count);
	return { total, items };
}

/** One recording, looked for among those of its camera and day; undefined when it is not there. */
export async function findRecording(base: string, file: string, signal: AbortSignal): Promise<Recording | undefined> {
	const query = { camera: file.split("/")[0]!, label: "", day: dayOf(file) };
	for (let offset = 0; query.day;) {
		const { items, total } = await listRecordings(base, query, offset, signal, MAX_PAGE);
		const found = items.find((item) => item.file === file);
		offset += items.length;
		if (found || !items.length || offset >= total)
			return found;
	}
	return undefined;
}

/** `month` "": the present one. */
export async function readMonth(base: string, query: Query, month: string, signal: AbortSignal): Promise<Month> {
	const { camera, label } = query;
	const answer = asMonth(await read(base, "days", { month, camera, label }, signal));
	if (!answer)
		throw new Error("no calendar");
	return answer;
}

/** A recording's file name holds no characters that mean something in an address but "/". */
export function addressOf(base: string, file: string): string {
	return `${base}/recordings/${file.split("/").map(encodeURIComponent).join("/")}`;
}

/** Why a recording does not play: whether there is no such file. Throws when that cannot be said any more. */
export async function isGone(address: string, signal: AbortSignal): Promise<boolean> {
	try {
		return [404, 410].includes((await ask(address, { method: "HEAD", signal })).status);
	} catch (error) {
		signal.throwIfAborted();
		return false;
	}
}

export function nameOf(file: string): string {
	return file.split("/").pop()!;
}

/** The node's own day of a recording, which is in the name of its file. */
export function dayOf(file: string): string {
	return /^[^/]+\/(\d{4})\/(\d\d)\/(\d\d)\//.exec(file)?.slice(1).join("-") ?? "";
}

export function thumbnailOf(base: string, item: Recording): string | null {
	return item.thumbnail_url ? `${addressOf(base, item.file)}/thumbnail.jpg` : null;
}

/** What of a label the node takes: 64 bytes, whole characters. */
export function cutLabel(text: string): string {
	const encoder = new TextEncoder();
	let kept = "";
	let bytes = 0;
	for (const character of text.trim()) {
		bytes += encoder.encode(character).length;
		if (bytes > MAX_LABEL)
			break;
		kept += character;
	}
	return kept;
}
