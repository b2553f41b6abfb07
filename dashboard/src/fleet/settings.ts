// Where the broker is and how live pictures are reached: config.json beside the page.

export interface Settings {
	broker: string; // ws:// or wss://, or a path on this server
	prefix: string;
	/** Path on this server by which a node is reached, with "{node}" in it; "": no live view. */
	live: string;
	/** Further arguments of a tile's stream, such as a smaller rendition. */
	liveQuery: string;
	/** Without login nothing can be commanded. */
	login: boolean;
	title: string;
}

const DEFAULTS: Settings = { broker: "mqtt", prefix: "camnode", live: "", liveQuery: "", login: false, title: "" };

export function cleanSettings(value: unknown): Settings {
	const settings = { ...DEFAULTS };
	if (typeof value !== "object" || value === null)
		return settings;
	for (const key of Object.keys(DEFAULTS) as (keyof Settings)[]) {
		const given = (value as { [key: string]: unknown })[key];
		if (typeof given === typeof DEFAULTS[key])
			Object.assign(settings, { [key]: given });
	}
	return settings;
}

export async function readSettings(): Promise<Settings> {
	try {
		const response = await fetch("config.json", { cache: "no-cache" });
		return cleanSettings(response.ok ? await response.json() : null);
	} catch {
		return DEFAULTS;
	}
}

export function brokerUrl(broker: string, page: URL): string {
	if (/^wss?:\/\//.test(broker))
		return broker;
	const url = new URL(broker, page);
	url.protocol = page.protocol === "https:" ? "wss:" : "ws:";
	url.hash = "";
	return url.href;
}

/** Where a node is reached on this server; null: that is not set up. */
export function nodeAddress(settings: Settings, node: string): string | null {
	return settings.live ? settings.live.replace("{node}", node) : null;
}

/** null: live pictures are not set up. Ids hold no characters that mean something in an address. */
export function liveAddress(settings: Settings, node: string, camera: string): string | null {
	const address = nodeAddress(settings, node);
	return address === null ? null : `${address}/cam/${camera}`;
}
