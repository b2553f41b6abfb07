import { afterEach, describe, expect, it, vi } from "vitest";
import { HttpCarrier } from "../src/carrier/http";
import { Store } from "../src/state/store";

describe("the carrier of a node's page", () => {
	afterEach(() => void vi.unstubAllGlobals());

	it("misses and doubles no event that happens while it connects", async () => {
		const happened: object[] = [{ event_type: "before", ts: "1" }];
		let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
		const happens = (event_type: string) => {
			const event = { event_type, ts: "2" };
			happened.push(event);
			stream?.enqueue(new TextEncoder().encode(`data: ${JSON.stringify({ topic: "camnode/n/event", payload: event })}\n\n`));
		};
		vi.stubGlobal("fetch", async (path: string) => {
			if (path === "/api/v1/events") {
				happens("as the stream is asked for");
				const body = new ReadableStream<Uint8Array>({ start: (control) => { stream = control; } });
				return new Response(body);
			}
			happens("as the state is asked for");
			const answer = Response.json({ prefix: "camnode", node: "n", events: happened });
			happens("between the two");
			return answer;
		});
		const store = new Store(() => {});
		const carrier = new HttpCarrier({ message: (message) => store.apply(message), link: (link) => store.setLink(link) });
		carrier.start();
		await vi.waitFor(() => expect(store.events.length).toBeGreaterThanOrEqual(4));
		await new Promise((resolve) => setTimeout(resolve));
		expect(store.events.map(({ event }) => event.event_type).reverse()).toEqual(
			["before", "as the stream is asked for", "as the state is asked for", "between the two"]);
		carrier.pause();
	});

	it("is not live while the node refuses its state", async () => {
		vi.stubGlobal("fetch", async (path: string) => path === "/api/v1/events"
			? new Response(new ReadableStream<Uint8Array>())
			: Response.json({ code: "busy" }, { status: 503 }));
		const links: string[] = [];
		const carrier = new HttpCarrier({ message: () => {}, link: (link) => links.push(link.state) });
		carrier.start();
		await vi.waitFor(() => expect(links.length).toBeGreaterThanOrEqual(2));
		expect(links).not.toContain("live");
		carrier.pause();
	});
});
