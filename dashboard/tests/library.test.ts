import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addMonths, daysIn, firstWeekday, stepTo, weeksOf } from "../src/library/month";
import { Listing } from "../src/library/listing";
import { addressOf, asMonth, cutLabel, dayOf, findRecording, listNewest, thumbnailOf } from "../src/library/recordings";

describe("a month", () => {
	it("has its days in weeks", () => {
		expect([daysIn("2026-02"), daysIn("2028-02"), daysIn("2026-12")]).toEqual([28, 29, 31]);
		const weeks = weeksOf("2026-11", 1); // the 1st is a Sunday
		expect(weeks).toHaveLength(6);
		expect(weeks[0]).toEqual([null, null, null, null, null, null, "2026-11-01"]);
		expect(weeks[5]).toEqual(["2026-11-30", null, null, null, null, null, null]);
		expect(weeksOf("2026-11", 7)[0]![0]).toBe("2026-11-01");
		expect(weeksOf("2026-02", 7)).toHaveLength(4);
	});
	it("has neighbours", () => {
		expect([addMonths("2026-12", 1), addMonths("2026-01", -1), addMonths("2026-11", -23)]).toEqual(["2027-01", "2025-12", "2024-12"]);
	});
	it("begins its weeks as people are used to", () => {
		expect([firstWeekday("ko"), firstWeekday("en-US"), firstWeekday("en-GB"), firstWeekday("de"), firstWeekday("!")]).toEqual([7, 7, 1, 1, 1]);
	});
	it("is walked through by the days that hold something", () => {
		const days = ["2026-11-03", "2026-11-09", "2026-11-20"];
		expect(stepTo(days, "2026-11-03", 1)).toBe("2026-11-09");
		expect(stepTo(days, "2026-11-03", 7)).toBe("2026-11-20");
		expect(stepTo(days, "2026-11-20", -7)).toBe("2026-11-09");
		expect(stepTo(days, "2026-11-03", -1)).toBeUndefined();
		expect(stepTo(days, "2026-11-20", 1)).toBeUndefined();
	});
});

describe("a calendar from the node", () => {
	const month = { month: "2026-11", days: [{ day: "2026-11-02", count: 1, duration_s: 2, bytes: 3 }], labels: ["Cat"], newest: "2026-11-02" };

	it("is taken as it is", () => expect(asMonth(month)).toEqual(month));
	it("is taken without what is none", () => {
		expect(asMonth({ ...month, oldest: "<b>", days: [...month.days, { ...month.days[0], day: "x" }, 7], labels: [5, "Cat"] })).toEqual(month);
		for (const broken of [null, 7, {}, { ...month, month: "2026-13" }, { ...month, month: "<b>" }, { ...month, days: 7 }])
			expect(asMonth(broken)).toBeUndefined();
	});
});

describe("the newest recordings", () => {
	it.each([[60, [[0, 60]]], [77, [[0, 77]]], [450, [[0, 200], [200, 200], [400, 50]]], [900, [[0, 200], [200, 200], [400, 200]]]])(
		"are read in pieces: %d", async (count, pieces) => {
			const asked: number[][] = [];
			const held = Array.from({ length: 500 }, (_, i) => ({ file: `c/${i}`, camera: "c" }));
			vi.stubGlobal("fetch", async (address: string) => {
				const fields = new URLSearchParams(address.split("?")[1]);
				const [offset, limit] = [Number(fields.get("offset")), Number(fields.get("limit"))];
				asked.push([offset, limit]);
				return Response.json({ total: held.length, items: held.slice(offset, offset + limit) });
			});
			const { total, items } = await listNewest("", { camera: "", label: "", day: "" }, count, new AbortController().signal);
			expect([total, items.length, asked]).toEqual([500, Math.min(count, 500), pieces]);
			vi.unstubAllGlobals();
		});
});

describe("a list of recordings", () => {
	const everything = { camera: "", label: "", day: "" };
	const held = Array.from({ length: 150 }, (_, i) => ({ file: `c/${i}`, camera: "c" }));
	let asked: { fields: URLSearchParams; answer: (status?: number) => Promise<void> }[];
	let listing: Listing;

	/** Requests are answered one by one, as late as the test likes; none heeds that it was given up. */
	beforeEach(() => {
		asked = [];
		listing = new Listing(() => {});
		vi.stubGlobal("fetch", (address: string) => new Promise<Response>((resolve) => {
			const fields = new URLSearchParams(address.split("?")[1]);
			const items = held.slice(Number(fields.get("offset")), Number(fields.get("offset")) + Number(fields.get("limit")))
				.map((item) => ({ ...item, label: fields.get("label") ?? "" }));
			asked.push({ fields, answer: async (status = 200) => {
				resolve(Response.json({ total: held.length, items }, { status }));
				await new Promise((later) => setTimeout(later, 0));
			} });
		}));
	});
	afterEach(() => vi.unstubAllGlobals());

	const shown = () => [listing.loaded.state, listing.loaded.items.length, listing.loaded.items[0]?.label];

	it("grows by what follows, once however often it is asked for", async () => {
		listing.read("", everything);
		await asked[0]!.answer();
		expect(shown()).toEqual(["there", 60, ""]);
		listing.more();
		listing.more();
		expect(asked).toHaveLength(2);
		await asked[1]!.answer();
		expect(shown()).toEqual(["there", 120, ""]);
		expect(new Set(listing.loaded.items.map(({ file }) => file)).size).toBe(120);
		listing.more();
		await asked[2]!.answer();
		expect(shown()).toEqual(["there", 150, ""]);
	});

	it.each([[[1, 2]], [[2, 1]]])("holds nothing of another filter, whichever is answered first: %j", async (order) => {
		listing.read("", everything);
		await asked[0]!.answer();
		listing.more();
		listing.read("", { ...everything, label: "Cat" });
		for (const i of order)
			await asked[i]!.answer();
		expect(shown()).toEqual(["there", 60, "Cat"]);
		listing.more();
		expect(asked[3]!.fields.get("label")).toBe("Cat");
		await asked[3]!.answer();
		expect(shown()).toEqual(["there", 120, "Cat"]);
	});

	it("has what was asked for when it is read anew meanwhile", async () => {
		listing.read("", everything);
		await asked[0]!.answer();
		listing.more();
		listing.read("", everything);
		await asked[1]!.answer();
		expect(shown()).toEqual(["there", 60, ""]);
		expect(asked[2]!.fields.get("limit")).toBe("120");
		await asked[2]!.answer();
		expect(shown()).toEqual(["there", 120, ""]);
	});

	it("tells a server that knows no way to the node from one that fails", async () => {
		for (const [base, status, state] of [["node/n", 404, "unset"], ["node/n", 502, "failed"], ["", 404, "failed"]] as const) {
			listing.read(base, everything);
			await asked.at(-1)!.answer(status);
			expect(listing.loaded.state).toBe(state);
		}
	});
});

describe("one recording", () => {
	const files = Array.from({ length: 450 }, (_, i) => `c/2026/11/26/c_20261126_${i}.mp4`);
	const find = async (file: string) => {
		const asked: string[] = [];
		vi.stubGlobal("fetch", async (address: string) => {
			const fields = new URLSearchParams(address.split("?")[1]);
			const offset = Number(fields.get("offset"));
			asked.push(`${fields.get("camera")} ${fields.get("day")} ${offset}`);
			const items = files.slice(offset, offset + Number(fields.get("limit"))).map((name) => ({ file: name, camera: "c" }));
			return Response.json({ total: files.length, items });
		});
		const found = await findRecording("", file, new AbortController().signal);
		vi.unstubAllGlobals();
		return [found?.file, asked];
	};

	it("is looked for among those of its camera and day", async () => {
		expect(await find(files[210]!)).toEqual([files[210], ["c 2026-11-26 0", "c 2026-11-26 200"]]);
	});
	it("may not be there", async () => {
		expect(await find("c/2026/11/26/gone.mp4")).toEqual([undefined, ["c 2026-11-26 0", "c 2026-11-26 200", "c 2026-11-26 400"]]);
		expect(await find("nonsense")).toEqual([undefined, []]);
	});
});

describe("a recording", () => {
	const file = "cam0/2026/11/26/cam0_20261126_010203.mp4";

	it("has addresses at the node and through the fleet's server", () => {
		expect(addressOf("", file)).toBe(`/recordings/${file}`);
		expect(addressOf("node/garage", file)).toBe(`node/garage/recordings/${file}`);
		expect(addressOf("", "a?b/../c#d")).toBe("/recordings/a%3Fb/../c%23d");
		expect(thumbnailOf("node/n", { file, camera: "cam0" })).toBeNull();
		expect(thumbnailOf("node/n", { file, camera: "cam0", thumbnail_url: "javascript:x" })).toBe(`node/n/recordings/${file}/thumbnail.jpg`);
	});
	it("is of the day in its name", () => {
		expect(dayOf(file)).toBe("2026-11-26");
		expect(dayOf("nonsense")).toBe("");
	});
	it("takes a label of 64 bytes in whole characters", () => {
		expect(cutLabel(" Cat ")).toBe("Cat");
		expect(cutLabel("x".repeat(65))).toHaveLength(64);
		expect(cutLabel("현".repeat(30))).toBe("현".repeat(21)); // three bytes each
		expect(cutLabel("x".repeat(62) + "🐈")).toBe("x".repeat(62));
	});
});
