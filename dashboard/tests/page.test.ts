import { describe, expect, it } from "vitest";
import { SseParser } from "../src/carrier/sse";
import { allotStreams, MAX_STREAMS } from "../src/state/budget";
import { diskIsLow, throttling } from "../src/state/health";
import { Store, MAX_EVENTS, MAX_NODES } from "../src/state/store";
import { en } from "../src/text/en";
import { ko } from "../src/text/ko";
import { preferredLanguage } from "../src/text/text";

describe("server-sent events", () => {
	const parse = (...pieces: string[]) => {
		const found: string[] = [];
		const parser = new SseParser((data) => found.push(data), 100);
		pieces.forEach((piece) => parser.feed(piece));
		return found;
	};

	it("come whole from any pieces", () => {
		const text = "retry: 2000\n\n:\n\nid: 1\ndata: {\"a\":1}\n\ndata: one\r\ndata:two\r\n\r\n";
		expect(parse(text)).toEqual(['{"a":1}', "one\ntwo"]);
		expect(parse(...text)).toEqual(['{"a":1}', "one\ntwo"]);
	});

	it("are bounded", () => expect(() => parse("data: ", "x".repeat(101))).toThrow());
});

describe("streams", () => {
	const seen = ["a", "b", "c", "d", "e"];

	it("are the first on the screen, the one looked at before all", () => {
		expect([...allotStreams(seen, null, true)]).toEqual(["a", "b", "c"]);
		expect([...allotStreams(seen, "e", true)]).toEqual(["e", "a", "b"]);
		expect(allotStreams(seen, null, true).size).toBe(MAX_STREAMS);
	});

	it("belong to the window in use", () => {
		expect(allotStreams(seen, null, false).size).toBe(0);
		expect([...allotStreams(seen, "b", false)]).toEqual(["b"]);
		expect(allotStreams([], "b", true).size).toBe(0);
	});
});

describe("the store", () => {
	it("takes what has happened before once, however often it is told", () => {
		const store = new Store(() => {});
		const say = (event_type: string, retained: boolean) =>
			store.apply({ node: "n", camera: null, name: "event", payload: { event_type, ts: "x" }, retained, at: 1 });
		say("a", true);
		say("b", false);
		for (const told of ["a", "b", "c"])
			say(told, true);
		expect(store.events.map(({ event, past }) => [event.event_type, past])).toEqual([["c", true], ["b", false], ["a", true]]);
		say("b", false);
		expect(store.events).toHaveLength(4);
	});

	const at = { camera: null, retained: false, at: 1 };

	it("tells its listeners once for many messages", () => {
		let run = () => {};
		const store = new Store((later) => { run = later; });
		let told = 0;
		const stop = store.subscribe(() => told++);
		for (let i = 0; i < 100; i++)
			store.apply({ ...at, node: `n${i}`, name: "status", payload: "online" });
		expect(told).toBe(0);
		run();
		expect(told).toBe(1);
		stop();
		store.apply({ ...at, node: "n0", name: "status", payload: "offline" });
		run();
		expect(told).toBe(1);
	});

	it("is bounded in nodes and events", () => {
		const store = new Store(() => {});
		for (let i = 0; i < MAX_NODES + 3; i++)
			store.apply({ ...at, node: `n${i}`, name: "status", payload: "online" });
		expect([store.nodes.size, store.dropped]).toEqual([MAX_NODES, 3]);
		for (let i = 0; i < MAX_EVENTS + 3; i++)
			store.apply({ ...at, node: "n0", name: "event", payload: { event_type: "recording_started", ts: `${i}` } });
		expect(store.events).toHaveLength(MAX_EVENTS);
		expect(store.events[0]!.event.ts).toBe(`${MAX_EVENTS + 2}`);
	});
});

describe("health", () => {
	const base = { ts: "t", uptime_s: 1, time_synced: true };

	it("reads the firmware's bits", () => {
		expect(throttling({ ...base, throttled: 0 })).toBeNull();
		expect(throttling({ ...base, throttled: 0x50000 })).toBe("before");
		expect(throttling({ ...base, throttled: 0x50005 })).toBe("now");
		expect(throttling(undefined)).toBeNull();
	});

	it("says when the disk is low", () => {
		expect(diskIsLow({ ...base, disk_free_gb: 0.9, disk_total_gb: 10 })).toBe(true);
		expect(diskIsLow({ ...base, disk_free_gb: 4, disk_total_gb: 100 })).toBe(true);
		expect(diskIsLow({ ...base, disk_free_gb: 6, disk_total_gb: 100 })).toBe(false);
		expect(diskIsLow(base)).toBe(false);
	});
});

describe("languages", () => {
	it("are the user's choice, else the browser's, else English", () => {
		expect(preferredLanguage("ko", ["en-GB"])).toBe("ko");
		expect(preferredLanguage("xx", ["de-DE", "ko-KR"])).toBe("ko");
		expect(preferredLanguage(null, ["de-DE"])).toBe("en");
		expect(preferredLanguage("constructor", [])).toBe("en");
	});

	it("say the same things", () => {
		expect(Object.keys(ko)).toEqual(Object.keys(en));
		expect(Object.keys(ko.codes)).toEqual(Object.keys(en.codes));
		expect(Object.keys(ko.eventTypes)).toEqual(Object.keys(en.eventTypes));
		expect(Object.keys(ko.controlNames)).toEqual(Object.keys(en.controlNames));
		expect(Object.keys(ko.controlValues)).toEqual(Object.keys(en.controlValues));
	});
});
