import { describe, expect, it } from "vitest";
import { camerasOf, HISTORY, isOld, MAX_CAMERAS, newNode, OLD_MS, reduce, type Message, type Node } from "../src/state/node";

const message = (name: string, payload: unknown, more: Partial<Message> = {}): Message =>
	({ node: "n", camera: null, name, payload, retained: false, at: 1000, ...more });
const camera = (name: string, payload: unknown, id = "cam0") => message(name, payload, { camera: id });
const after = (...messages: Message[]): Node => messages.reduce(reduce, newNode("n"));
const dropped = { sensor: 0, mailbox: 0, encoder: 0, reader: 0 };

describe("a node", () => {
	it("takes each topic to its place", () => {
		const node = after(
			message("status", "online"),
			message("telemetry", { ts: "1970-01-01T00:00:00.400Z", uptime_s: 5, time_synced: true, cpu_pct: 12 }),
			camera("status", "online"),
			camera("stats", { ts: "x", fps: 30, viewers: 2, bitrate_mbps: 1, dropped, quality: null }),
			camera("record", { state: "ON", active: true, finishing: false }),
			camera("enabled", "OFF"),
			camera("profile", "night"),
		);
		expect(node.status).toBe("online");
		expect(node.telemetry?.cpu_pct).toBe(12);
		expect(node.skewMs).toBe(600);
		expect(node.cameras.cam0).toMatchObject({ status: "online", enabled: false, profile: "night", record: { state: "ON" } });
		expect(node.cameras.cam0!.stats!.viewers).toBe(2);
	});

	it("leaves what a message does not touch as it was", () => {
		const before = after(camera("status", "online", "a"), camera("status", "online", "b"));
		const node = reduce(before, camera("status", "offline", "b"));
		expect(node.cameras.a).toBe(before.cameras.a);
		expect(node.cameras.b!.status).toBe("offline");
		expect(before.cameras.b!.status).toBe("online");
	});

	it("is the same object after a topic that nobody knows", () => {
		const node = newNode("n");
		for (const name of ["", "constructor", "__proto__", "record/set", "stats/x"])
			expect(reduce(node, message(name, "x"))).toBe(node);
	});

	it("keeps a bounded history", () => {
		let node = newNode("n");
		for (let i = 0; i < HISTORY + 10; i++)
			node = reduce(node, message("telemetry", { ts: "x", uptime_s: i, time_synced: true, cpu_pct: i % 100 }, { at: i }));
		expect(node.history).toHaveLength(HISTORY);
		expect(node.history.at(-1)!.at).toBe(HISTORY + 9);
	});

	it("knows a bounded number of cameras", () => {
		const node = after(...Array.from({ length: MAX_CAMERAS + 5 }, (_, i) => camera("status", "online", `c${i}`)));
		expect(Object.keys(node.cameras)).toHaveLength(MAX_CAMERAS);
	});

	it("lists the cameras in the order of the configuration", () => {
		const info = { proto: 1, name: "N", version: "1", started_at: "x", capabilities: [],
			cameras: [{ id: "z", name: "Z", source: "auto" }, { id: "a", name: "A", source: "auto" }] };
		const node = after(camera("status", "online", "a"), camera("status", "online", "gone"), message("info", info));
		expect(camerasOf(node).map(({ id }) => id)).toEqual(["z", "a"]);
	});

	it("has only cameras whose ids can be one, each once", () => {
		const ids = ["#", "+", "a/b", "/", "", "..", "A", "x".repeat(65), "door", "door", "__proto__", "constructor"];
		const info = { proto: 1, name: "N", version: "1", started_at: "x", capabilities: [],
			cameras: ids.map((id) => ({ id, name: "x", source: "auto" })) };
		const node = after(message("info", info), camera("status", "online", "__proto__"), camera("status", "offline", "constructor"));
		expect(camerasOf(node).map(({ id, status }) => [id, status])).toEqual(
			[["door", "unknown"], ["__proto__", "online"], ["constructor", "offline"]]);
	});

	it("does not take a retained message for a sign of life", () => {
		expect(after(message("status", "online", { retained: true })).heardAt).toBe(0);
		expect(after(message("status", "online", { at: 7 })).heardAt).toBe(7);
	});

	it("ignores payloads of another kind", () => {
		for (const payload of [null, 7, "x", [], {}, { ts: 1 }, { ts: "x", uptime_s: "1", time_synced: 1 }]) {
			expect(after(message("telemetry", payload)).telemetry).toBeUndefined();
			expect(after(message("info", payload)).info).toBeUndefined();
			expect(after(camera("record", payload)).cameras.cam0!.record).toBeUndefined();
		}
		expect(after(message("status", { a: 1 })).status).toBe("unknown");
	});

	it("takes only controls that can be drawn", () => {
		const node = after(camera("controls", { controls: {
			Brightness: { type: "float", min: -1, max: 1, value: 0, default: 0, extra: 1 },
			Bad: "x", Odd: { type: 1 }, Awb: { type: "boolean", min: "0", value: { a: 1 } },
		} }));
		const controls = node.cameras.cam0!.controls!;
		expect(Object.keys(controls)).toEqual(["Brightness", "Awb"]);
		expect({ ...controls.Awb }).toEqual({ type: "boolean" });
	});
});

describe("readings", () => {
	const read = (...intervals: (number | undefined)[]) => after(...intervals.map((interval_s) =>
		message("telemetry", { ts: "x", uptime_s: 5, time_synced: true, interval_s }, { at: 10_000 })));
	const oldAfter = (node: Node) => {
		let ms = 0;
		while (!isOld(node, node.telemetryAt, node.telemetryAt + ms))
			ms += 500;
		return ms;
	};

	it("are old after three quarters of a minute", () => {
		expect(oldAfter(read(undefined))).toBe(OLD_MS);
		expect(oldAfter(read(10))).toBe(OLD_MS);
	});

	it("are not of a node that says that it reads less often, from the first one on", () => {
		expect(oldAfter(read(60))).toBe(150_000);
		expect(oldAfter(read(3600))).toBe(9_000_000);
	});

	it("are by what the last one said", () => {
		expect(oldAfter(read(3600, 10))).toBe(OLD_MS);
		expect(oldAfter(read(10, 60))).toBe(150_000);
	});
});
