import { describe, expect, it } from "vitest";
import { clean, cleanShape, MAX_ITEMS, MAX_TEXT } from "../src/contract/clean";
import { kindOf, parseTopic } from "../src/contract/topic";

describe("clean", () => {
	it("leaves out what is unknown or of the wrong kind", () => {
		const value = clean("telemetry", { ts: "t", uptime_s: 1, time_synced: true, cpu_pct: "<b>", mem_pct: 5, evil: 1 });
		expect({ ...(value as object) }).toEqual({ ts: "t", uptime_s: 1, time_synced: true, mem_pct: 5 });
	});

	it("refuses what lacks a required key", () => {
		expect(clean("telemetry", { ts: "t", uptime_s: 1 })).toBeUndefined();
	});

	it("bounds numbers, texts and lists", () => {
		expect(cleanShape("number", 1e300)).toBeUndefined();
		expect(cleanShape("number", Number.NaN)).toBeUndefined();
		expect(cleanShape("number", -1e15)).toBe(-1e15);
		expect(cleanShape("string", "x".repeat(MAX_TEXT))).toHaveLength(MAX_TEXT);
		expect(cleanShape("string", "x".repeat(MAX_TEXT + 1))).toBe(`${"x".repeat(MAX_TEXT)}…`);
		expect(cleanShape(["number"], Array(100_000).fill(1))).toHaveLength(MAX_ITEMS);
	});

	it("takes nothing from prototypes", () => {
		expect(clean("reply", JSON.parse('{"__proto__": {"ok": true, "code": "ok"}}'))).toBeUndefined();
		const value = cleanShape({ "*": "any" }, JSON.parse('{"__proto__": 1, "a": 2}')) as object;
		expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
		expect(Object.keys(value)).toContain("a");
	});

	it("keeps null where the contract has it", () => {
		const stats = { ts: "t", fps: 1, viewers: 0, bitrate_mbps: 0, dropped: { sensor: 0, mailbox: 0, encoder: 0, reader: 0 }, quality: null };
		expect(clean<{ quality: null }>("stats", stats)!.quality).toBeNull();
	});
});

describe("topics", () => {
	it.each([
		["camnode/n/status", { node: "n", camera: null, name: "status" }],
		["camnode/n/cam/c/snapshot/meta", { node: "n", camera: "c", name: "snapshot/meta" }],
		["camnode/N/status", null],
		["camnode/n/cam/<b>/status", null],
		["camnodes/n/status", null],
		["camnode//status", null],
		[`camnode/${"n".repeat(65)}/status`, null],
	])("%s", (topic, expected) => expect(parseTopic(topic, "camnode")).toEqual(expected));

	it("may have a prefix of several levels", () => {
		expect(parseTopic("site/a/n/info", "site/a")).toEqual({ node: "n", camera: null, name: "info" });
	});

	it("knows which are pictures, words and JSON", () => {
		expect(kindOf({ node: "n", camera: "c", name: "snapshot" })).toBe("jpeg");
		expect(kindOf({ node: "n", camera: "c", name: "record" })).toBe("record");
		expect(kindOf({ node: "n", camera: "c", name: "record/set" })).toBeNull();
		expect(kindOf({ node: "n", camera: null, name: "toString" })).toBeNull();
	});
});
