import { describe, expect, it, vi } from "vitest";
import { MAX_JSON, MAX_PICTURE, MAX_RATE, nodeOf, parseMessage, RateLimit, siteOf } from "../src/carrier/inbox";
import { isSafeJpeg, sizeOf } from "../src/carrier/jpeg";
import { axisOf } from "../src/fleet/axis";
import { ownPage } from "../src/fleet/page";
import { brokerUrl, cleanSettings, liveAddress } from "../src/fleet/settings";
import { pictureOverMqtt } from "../src/fleet/snapshot";
import { commandTo, failedFirst, inTurn } from "../src/fleet/turns";
import { veilOf } from "../src/fleet/veil";
import { retryAfter } from "../src/node/picture";
import { newNode, reduce, type Node } from "../src/state/node";
import { MAX_SITES, Store } from "../src/state/store";
import { commonVersion, groupOf, groupsOf, selectTiles, versionsOf, visibleRows, type Query } from "../src/state/tiles";
import { en } from "../src/text/en";

const bytes = (text: string) => new TextEncoder().encode(text);

function jpeg(width: number, height: number, length = 64): Uint8Array {
	const data = new Uint8Array(length);
	data.set([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255]);
	return data;
}

describe("what comes from the broker", () => {
	const parse = (topic: string, data: Uint8Array) => parseMessage(`camnode/n/${topic}`, data, "camnode");

	it("is words, JSON and pictures", () => {
		expect(parse("status", bytes("online"))?.payload).toBe("online");
		expect(parse("telemetry", bytes('{"a": 1}'))?.payload).toEqual({ a: 1 });
		expect(parse("cam/c/snapshot", jpeg(640, 360))?.payload).toBeInstanceOf(Uint8Array);
		expect(parse("status", bytes(""))).toMatchObject({ payload: undefined });
	});

	it.each([
		["telemetry", bytes("{broken")], ["telemetry", bytes(`"${"x".repeat(MAX_JSON)}"`)], ["status", bytes("x".repeat(65))],
		["cam/c/snapshot", bytes("<svg onload=alert(1)>")], ["cam/c/snapshot", jpeg(640, 360, MAX_PICTURE + 1)],
		["cam/c/snapshot", jpeg(65535, 65535)], ["cam/c/record/set", bytes("ON")], ["nonsense", bytes("x")],
		["telemetry", new Uint8Array([0xff, 0xfe, 0x7b])],
	])("is refused: %s %#", (topic, data) => expect(parse(topic, data)).toBeNull());

	it("has its limits to the byte", () => {
		expect(parse("cam/c/snapshot", jpeg(640, 360, MAX_PICTURE))).not.toBeNull();
		expect(parse("telemetry", bytes(`"${"x".repeat(MAX_JSON - 2)}"`))).not.toBeNull();
		expect(parse("status", bytes("x".repeat(64)))).not.toBeNull();
	});

	it("is bounded a second and a node", () => {
		const limit = new RateLimit();
		const allowed = Array.from({ length: MAX_RATE + 5 }, () => limit.allows("a", 1000)).filter(Boolean).length;
		expect([allowed, limit.refused]).toEqual([MAX_RATE, 5]);
		expect(limit.allows("b", 1000)).toBe(true);
		expect(limit.allows("a", 2000)).toBe(true);
		expect(nodeOf("camnode/a/cam/b/status", "camnode")).toBe("a");
	});
});

describe("a JPEG's size", () => {
	it("is read from its frame header", () => expect(sizeOf(jpeg(1280, 720))).toEqual({ width: 1280, height: 720 }));
	it("bounds what a browser has to decode", () => {
		expect(isSafeJpeg(jpeg(8192, 8192))).toBe(true);
		expect(isSafeJpeg(jpeg(8192, 8193))).toBe(false);
		expect(isSafeJpeg(jpeg(0, 0))).toBe(false);
	});
	it("survives what is none", () => {
		for (const data of [[], [0xff], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0], Array(40).fill(0xff)])
			expect(sizeOf(new Uint8Array(data))).toBeNull();
	});
});

describe("the grid", () => {
	const info = (name: string, version = "1") =>
		({ proto: 1, name, version, started_at: "x", capabilities: [], cameras: [{ id: "a", name: "Front", source: "auto" }] });
	const make = (id: string, status: string, more: [string | null, string, unknown][] = []): Node =>
		([[null, "status", status], ...more] as [string | null, string, unknown][])
			.reduce((node, [camera, name, payload]) => reduce(node, { node: id, camera, name, payload, retained: true, at: 1 }), newNode(id));
	const telemetry = (cpu_pct: number, more = {}) => [null, "telemetry", { ts: "x", uptime_s: 1, time_synced: true, cpu_pct, ...more }] as [null, string, unknown];
	const fleet = new Map([
		make("s1-b", "online", [[null, "info", info("Beta")], telemetry(50), ["a", "record", { state: "ON", active: true, finishing: false }]]),
		make("s1-a", "offline", [[null, "info", info("Alpha 10")], ["a", "record", { state: "ON", active: true, finishing: false }]]),
		make("s2-c", "online", [[null, "info", info("alpha 9", "2")], telemetry(90, { throttled: 1, disk_free_gb: 0.1 }), ["a", "record", { state: "ON", active: false, finishing: false }]]),
		make("lone", "online"),
	].map((node) => [node.id, node]));
	const query: Query = { search: "", filter: "all", sort: "name", group: "", version: "" };
	const found = (change: Partial<Query>) => selectTiles(fleet, { ...query, ...change }).tiles.map(({ node }) => node);

	it("is in the order of names, as people count", () => expect(found({})).toEqual(["s2-c", "s1-a", "s1-b", "lone"]));
	it("sorts by readings of those that are online", () => expect(found({ sort: "cpu" }).slice(0, 2)).toEqual(["s2-c", "s1-b"]));
	it.each([
		["offline", ["s1-a"]], ["recording", ["s1-b"]], ["throttled", ["s2-c"]], ["disk", ["s2-c"]], ["old", ["s2-c"]],
		["online", ["s2-c", "s1-b", "lone"]],
	] as const)("filters: %s", (filter, expected) => expect(found({ filter })).toEqual(expected));
	it("searches all words in all that has a name", () => {
		expect(found({ search: "ALPHA front" })).toEqual(["s2-c", "s1-a"]);
		expect(found({ search: "alpha 10" })).toEqual(["s1-a"]);
		expect(found({ search: "(.*" })).toEqual([]);
	});
	it("knows groups", () => {
		expect([groupOf("s1-a"), groupOf("lone"), groupOf("-x")]).toEqual(["s1", "", ""]);
		expect(groupsOf(fleet.values())).toEqual(["s1"]);
		expect(found({ group: "s1" })).toEqual(["s1-a", "s1-b"]);
	});
	it("knows versions", () => {
		expect(versionsOf(fleet.values())).toEqual(["1", "2"]);
		expect(found({ version: "2" })).toEqual(["s2-c"]);
	});
	it("tells which of the selected tiles there are, and how many are not shown", () => {
		const selected = new Set(["s1-a/a", "s2-c/a", "gone/a", "s1-a/gone"]);
		const choose = (change: Partial<Query>) => selectTiles(fleet, { ...query, ...change }, selected);
		expect(choose({}).chosen).toEqual({ keys: ["s1-a/a", "s2-c/a"], hidden: 0 });
		expect(choose({ filter: "offline" }).chosen).toEqual({ keys: ["s1-a/a", "s2-c/a"], hidden: 1 });
		for (const change of [{ search: "nobody" }, { group: "s3" }, { version: "9" }])
			expect(choose(change).chosen.hidden).toBe(2);
		expect(choose({ filter: "selected" }).tiles.map(({ key }) => key)).toEqual(["s2-c/a", "s1-a/a"]);
		expect(choose({ filter: "selected" }).chosen.hidden).toBe(0);
		expect(found({ filter: "selected" })).toEqual([]);
	});
	it("counts", () => expect(selectTiles(fleet, query).counts).toEqual({ nodes: 4, online: 3, offline: 1, recording: 1, shown: 4 }));
	it("knows the version of most", () => expect(commonVersion(fleet.values())).toBe("1"));
	it("draws the rows that are seen", () => {
		expect(visibleRows(0, 1000, 200, 100)).toEqual([0, 7]);
		expect(visibleRows(5000, 1000, 200, 100)).toEqual([23, 32]);
		expect(visibleRows(-500, 1000, 200, 3)).toEqual([0, 3]);
		expect(visibleRows(1e9, 1000, 200, 3)).toEqual([3, 3]);
	});
});

describe("a fleet's settings", () => {
	it("have defaults for all that is not of their kind", () => {
		expect(cleanSettings({ prefix: 1, live: "node/{node}", evil: "x" })).toMatchObject({ prefix: "camnode", live: "node/{node}" });
		expect(cleanSettings(null)).toEqual(cleanSettings("x"));
	});
	it("lead to the broker", () => {
		expect(brokerUrl("mqtt", new URL("https://h/a/#/node/x"))).toBe("wss://h/a/mqtt");
		expect(brokerUrl("/mqtt", new URL("http://h:81/a/"))).toBe("ws://h:81/mqtt");
		expect(brokerUrl("wss://b/x", new URL("https://h/"))).toBe("wss://b/x");
	});
	it("lead to live pictures", () => {
		expect(liveAddress(cleanSettings({ live: "node/{node}" }), "n", "c")).toBe("node/n/cam/c");
		expect(liveAddress(cleanSettings({}), "n", "c")).toBeNull();
	});
	it("link to web pages only", () => {
		expect(ownPage("http://192.0.2.7:8080")).toBe("http://192.0.2.7:8080/");
		for (const url of ["javascript:alert(1)", "data:text/html,x", "//x", "", undefined])
			expect(ownPage(url)).toBeNull();
	});
});

describe("the store of a fleet", () => {
	it("knows of which nodes something is missing, and forgets cleared ones", () => {
		const store = new Store(() => {});
		const say = (name: string, payload: unknown) => store.apply({ node: "n", camera: null, name, payload, retained: true, at: 1 });
		say("status", "online");
		expect(store.incomplete()).toEqual(["n"]);
		say("info", { proto: 1, name: "N", version: "1", started_at: "x", capabilities: [], cameras: [] });
		expect(store.incomplete()).toEqual([]);
		store.remove("n");
		expect(store.nodes.size).toBe(0);
	});
});

describe("a tile's picture", () => {
	const store = new Store(() => {});
	const say = (name: string, payload: unknown, camera: string | null = "a") =>
		store.apply({ node: "n", camera, name, payload, retained: true, at: 1 });
	const veil = (connected = true) => veilOf(en, store.nodes.get("n")!, "a", connected);
	const picture = { blob: new Blob(), url: "blob:x", bytes: 1, at: 1 };

	it("is on its way until it is known that there is none", () => {
		vi.stubGlobal("URL", { revokeObjectURL: () => {} });
		store.noPicture("n", "a");
		expect(store.nodes.size).toBe(0); // a node that was removed meanwhile does not come back
		say("status", "online", null);
		expect([veil(), veil(false)]).toEqual([en.loadingPicture, en.lost]);
		store.noPicture("n", "a");
		expect([veil(), veil(false)]).toEqual([en.noPicture, en.noPicture]);
		say("snapshot", picture);
		expect(store.nodes.get("n")!.cameras.a!.picture).toBe(picture);
		say("snapshot", undefined);
		expect(veil()).toBe(en.noPicture);
		store.forgetPicture("n", "a");
		expect(veil()).toBe(en.loadingPicture);
		vi.unstubAllGlobals();
	});
	it("is not waited for where none is taken", () => {
		expect(veilOf(en, store.nodes.get("n")!, null, true)).toBe(en.loadingPicture); // what cameras it has is not known yet
		say("info", { proto: 1, name: "N", version: "1", started_at: "x", capabilities: [], cameras: [] }, null);
		expect(veilOf(en, store.nodes.get("n")!, null, true)).toBe(en.noCameras);
		say("enabled", "OFF");
		expect(veil()).toBe(en.cameraDisabled);
		say("enabled", "ON");
		store.noPicture("n", "a");
		expect(veil()).toBe(en.noPicture);
		say("status", "offline");
		expect(veil()).toBe(en.cameraOffline);
	});
});

describe("a connection made anew", () => {
	const store = new Store(() => {});
	const say = (node: string, payload: string, at: number) => store.apply({ node, camera: null, name: "status", payload, retained: true, at });

	it("knows only those online that say so again", () => {
		say("a", "online", 1);
		say("b", "online", 1);
		say("a", "online", 10);
		store.confirm(10);
		expect([store.nodes.get("a")!.status, store.nodes.get("b")!.status]).toEqual(["online", "unknown"]);
		expect(store.incomplete()).toContain("b");
		say("b", "online", 11);
		expect(store.nodes.get("b")!.status).toBe("online");
	});
	it("tells which sites have no line", () => {
		expect([siteOf("sites/s1"), siteOf("sites/s1/x"), siteOf("sites/<b>"), siteOf("camnode/s1")]).toEqual(["s1", null, null, null]);
		for (let i = 0; i < MAX_SITES + 5; i++)
			store.setSite(`s${i}`, false);
		expect(store.sitesDown.size).toBe(MAX_SITES);
		store.setSite("s1", true);
		expect(store.sitesDown.has("s1")).toBe(false);
	});
});

describe("a chart", () => {
	it("shows a minute at least, and never a time that was not", () => {
		expect(axisOf([1000])).toEqual([940, 1000]);
		expect(axisOf([990, 1000])).toEqual([940, 1000]);
		expect(axisOf([100, 500, 1000])).toEqual([100, 1000]);
		expect(axisOf([])).toEqual([-60, 0]);
	});
});

describe("a live picture that is not there", () => {
	it("is asked for less and less often, once a minute at last", () =>
		expect([1, 2, 3, 4, 5, 6, 7, 100].map((times) => retryAfter(times) / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60]));
});

describe("commands to many", () => {
	it("fail at once for a node that is not there", async () => {
		const store = new Store(() => {});
		for (const status of ["online", "offline", "unknown"])
			store.apply({ node: status, camera: null, name: "status", payload: status, retained: true, at: 1 });
		const sent: unknown[] = [];
		const carrier = { start() {}, pause() {}, command: async (...what: unknown[]) => { sent.push(what); return { ok: true, code: "ok" }; } };
		const to = (key: string) => commandTo({ store, carrier }, key, "record/set", { state: "ON" });
		for (const gone of ["offline/a", "unknown/a", "never/a"])
			expect(await to(gone)).toMatchObject({ ok: false, code: "offline" });
		expect(sent).toEqual([]);
		expect(await to("online/a")).toMatchObject({ ok: true });
		expect(sent).toEqual([["online", "a", "record/set", { state: "ON" }]]);
	});

	it("go so many at a time", async () => {
		let running = 0, most = 0;
		const done: number[] = [];
		await inTurn([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
			most = Math.max(most, ++running);
			await Promise.resolve();
			running--;
			done.push(item);
		});
		expect(most).toBe(3);
		expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
	});
	it("are shown with those that failed first, then those that are awaited", () => {
		const answer = (key: string, ok: boolean) => ({ key, reply: { ok, code: "" } });
		const results = [answer("a", true), { key: "b", reply: null }, answer("c", false), answer("d", true), answer("e", false)];
		expect(failedFirst(results).map(({ key }) => key)).toEqual(["c", "e", "b", "a", "d"]);
	});
});

describe("a snapshot over MQTT", () => {
	const meta = (second: number) => ({
		ts: `2026-11-27T00:00:0${second}.000Z`, bytes: 1, width: 4, height: 3, quality: 80, trigger: "command" as const });
	const picture = (at: number) => ({ blob: new Blob(), url: "blob:x", bytes: 1, at });

	it("is the picture that came since, with the time of the reply, in either order", async () => {
		vi.useFakeTimers();
		vi.stubGlobal("URL", { revokeObjectURL: () => {} });
		const store = new Store((run) => run());
		const say = (name: string, payload: unknown) =>
			store.apply({ node: "n", camera: "a", name, payload, retained: false, at: 1 });
		const fetched = (second: number) => pictureOverMqtt(store, "n", "a")(meta(second), 10);
		const [old, right, other] = [picture(5), picture(10), picture(20)];
		say("snapshot", old);
		say("snapshot/meta", meta(1));
		const waiting = fetched(1);
		say("snapshot", right);
		expect(await waiting).toBe(right.blob);
		const later = fetched(2);
		say("snapshot", other);
		say("snapshot/meta", meta(2));
		expect(await later).toBe(other.blob);
		expect(await fetched(2)).toBe(other.blob);
		const never = fetched(3);
		vi.runAllTimers();
		expect(await never).toBe(null);
		vi.unstubAllGlobals();
		vi.useRealTimers();
	});
});
