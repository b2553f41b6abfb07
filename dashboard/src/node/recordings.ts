// The node's library of recordings, as the page asks for it.
import { ask } from "../carrier/http";
import { cleanShape } from "../contract/clean";

export const PAGE = 60; // recordings asked for at a time

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
	day: string; // "2026-11-26" or "": all
}

const SHAPE = {
	file: "string", camera: "string", "started_at?": "string", "duration_s?": "number", "bytes?": "number",
	"format?": "string", "width?": "number", "height?": "number", "label?": "string", "protected?": "boolean",
	"recovered?": "boolean", "damaged?": "boolean", "thumbnail_url?": "string",
};

export async function listRecordings(query: Query, offset: number, signal: AbortSignal): Promise<{ total: number; items: Recording[] }> {
	const fields = new URLSearchParams({ format: "json", offset: String(offset), limit: String(PAGE) });
	if (query.camera)
		fields.set("camera", query.camera);
	if (query.day)
		fields.set("day", query.day);
	const response = await ask(`/recordings/?${fields}`, { signal });
	if (!response.ok)
		throw new Error(await response.text());
	const answer = await response.json();
	const items = (cleanShape([SHAPE], answer.recordings ?? answer.items) ?? []) as Recording[];
	return { total: Number(answer.total) || items.length, items };
}

/** A recording's file name holds no characters that mean something in an address but "/". */
export function addressOf(file: string): string {
	return `/recordings/${file.split("/").map(encodeURIComponent).join("/")}`;
}

export function nameOf(file: string): string {
	return file.split("/").pop()!;
}

/** Only the path of the node's address: the page asks where it came from. */
export function thumbnailOf(item: Recording): string | null {
	try {
		return item.thumbnail_url ? new URL(item.thumbnail_url, location.origin).pathname : null;
	} catch {
		return null;
	}
}
