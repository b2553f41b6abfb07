// From a broker's bytes to a message, or null for what is none: broken, too large, too much.
import { isId, kindOf, parseTopic, type Address } from "../contract/topic";
import { isSafeJpeg } from "./jpeg";

export const MAX_PICTURE = 2_000_000; // bytes; a node sends 900 kB at most unless told otherwise
export const MAX_JSON = 262_144; // bytes; the longest is a list of recordings
const MAX_WORD = 64;
const decoder = new TextDecoder(); // one for all: making it costs more than decoding
/** Messages of one node a second; a busy one with eight cameras sends some 20. */
export const MAX_RATE = 200;

export interface Parsed extends Address {
	payload: unknown; // undefined: what was retained has been cleared; a JPEG stays bytes
}

function parsePayload(kind: string, data: Uint8Array): { payload: unknown } | null {
	if (data.length === 0)
		return { payload: undefined };
	if (kind === "jpeg")
		return data.length <= MAX_PICTURE && isSafeJpeg(data) ? { payload: data } : null;
	if (data.length > (kind === "word" ? MAX_WORD : MAX_JSON))
		return null;
	const text = decoder.decode(data);
	if (kind === "word")
		return { payload: text };
	try {
		return { payload: JSON.parse(text) };
	} catch {
		return null;
	}
}

export function parseMessage(topic: string, data: Uint8Array, prefix: string): Parsed | null {
	const address = parseTopic(topic, prefix);
	const kind = address && kindOf(address);
	const parsed = kind ? parsePayload(kind, data) : null;
	return parsed && { ...address!, ...parsed };
}

/** Lets each node say so much a second; what is retained comes in one burst and is not counted. */
export class RateLimit {
	private readonly counts = new Map<string, number>();
	private second = 0;
	refused = 0;

	allows(node: string, now: number): boolean {
		const second = Math.floor(now / 1000);
		if (second !== this.second) {
			this.second = second;
			this.counts.clear();
		}
		const count = (this.counts.get(node) ?? 0) + 1;
		this.counts.set(node, count);
		if (count <= MAX_RATE)
			return true;
		this.refused++;
		return false;
	}
}

/** "site1" of "sites/site1", on which a bridge says whether it is up; null for other topics. */
export function siteOf(topic: string): string | null {
	const [root, site, ...more] = topic.split("/");
	return root === "sites" && isId(site) && !more.length ? site : null;
}

/** The node of a topic, before anything else of the message is looked at. */
export function nodeOf(topic: string, prefix: string): string {
	const begin = prefix.length + 1;
	const end = topic.indexOf("/", begin);
	return end < 0 ? topic.slice(begin) : topic.slice(begin, end);
}
