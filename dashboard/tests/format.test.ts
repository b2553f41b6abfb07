import { describe, expect, it } from "vitest";
import { Format } from "../src/ui/format";

const en = new Format("en-US", "Asia/Seoul");
const ko = new Format("ko", "Asia/Seoul");
const AT = "2026-11-26T15:30:05.123Z"; // half past midnight in Seoul

const plain = (text: string) => text.replace(/[\u202f\u00a0]/g, " ");

describe("what is no time", () => {
	it("is shown as not known, and never thrown", () => {
		const format = new Format("en", "UTC");
		expect([format.time("<b>"), format.full(NaN), format.dayKey("x"), format.dayAndTime("-1e9999")]).toEqual(["?", "?", "", "?"]);
	});
});

describe("when something was", () => {
	it("is a time today, and bears its day on any other", () => {
		const now = Date.parse(AT); // half past midnight
		expect(en.near(AT, now)).toBe("00:30:05");
		expect(en.near(now - 3600_000, now)).toBe("Nov 26, 23:30:05");
		expect(ko.near(now + 86_400_000, now)).toContain("28");
		expect(en.near("x", now)).toBe("?");
	});
});

describe("format", () => {
	it("gives numbers their units, and nothing to what is not known", () => {
		expect(plain(en.percent(12.6))).toBe("13 %");
		expect(plain(en.gigabytes(18.42))).toBe("18.4 GB");
		expect(plain(en.gigabytes(2500))).toBe("2.5 TB");
		expect(plain(en.mbps(36.9))).toBe("37 Mbit/s");
		expect(plain(en.mbps(4.66))).toBe("4.7 Mbit/s");
		expect([en.percent(undefined), en.celsius(undefined), en.bytes(undefined)]).toEqual(["", "", ""]);
	});

	it.each([
		[0, "0 B"], [999, "999 B"], [1000, "1.0 kB"], [999_499, "999 kB"], [999_500, "1.0 MB"],
		[4_718_592, "4.7 MB"], [290e6, "290 MB"], [5e15, "5,000 TB"],
	])("%d bytes", (bytes, expected) => expect(plain(en.bytes(bytes))).toBe(expected));

	it.each([[0, "0:00"], [59.9, "0:59"], [60, "1:00"], [3725, "1:02:05"], [-5, "0:00"], [360_000, "100:00:00"]])(
		"%d s as a clock", (seconds, expected) => expect(en.clock(seconds)).toBe(expected));

	it.each([[0, "0 sec"], [59_400, "59 sec"], [60_000, "1 min"], [7_200_000, "2 hr"], [2 * 86_400_000, "2 days"]])(
		"an age of %d ms", (ms, expected) => expect(plain(en.age(ms))).toBe(expected));

	it("tells ages in Korean", () => expect(plain(ko.age(180_000))).toBe("3분"));

	it("shows local time, and says of which zone", () => {
		expect(en.time(AT)).toBe("00:30:05");
		expect(en.dayKey(AT)).toBe("2026-11-27");
		expect(plain(en.full(AT))).toContain("GMT+9");
		expect(en.zoneName(Date.parse(AT))).toBe("Asia/Seoul (GMT+9)");
		expect(ko.keyName("2026-11-27")).toContain("2026년 11월 27일");
	});

	it("survives times that are none", () => {
		expect(en.time("yesterday")).toBe("?");
		expect(en.full(8.65e15)).toBe("?");
	});
});
