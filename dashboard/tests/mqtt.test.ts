import { EventEmitter } from "node:events";
import mqtt from "mqtt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { COMMAND_TIMEOUT_MS, MqttCarrier, type FleetEvents } from "../src/carrier/mqtt";

/** In place of MQTT.js: what is asked of it. */
class Client extends EventEmitter {
	connected = true;
	readonly published: { topic: string; payload: { [key: string]: unknown }; options: { qos: number; properties: object } }[] = [];
	readonly subscribed: string[] = [];
	readonly unsubscribed: string[] = [];
	refuses: (topics: string[]) => boolean = () => false;
	acknowledged: Promise<void> = Promise.resolve();

	publish(topic: string, text: string, options: { qos: number; properties: object }) {
		this.published.push({ topic, payload: JSON.parse(text), options });
	}

	async subscribeAsync(topics: string[]) {
		if (this.refuses(topics))
			throw new Error("refused");
		this.subscribed.push(...topics);
	}

	unsubscribe() {}

	async unsubscribeAsync(topic: string) {
		this.unsubscribed.push(topic);
		await this.acknowledged;
	}
}

const NODE_CLOCK = 1_700_000_000_000;

describe("the carrier of a fleet", () => {
	let client: Client;
	let carrier: MqttCarrier;
	let nodeNow: number | null;
	let missing: string[];

	beforeEach(async () => {
		vi.useFakeTimers();
		vi.stubGlobal("window", globalThis);
		client = new Client();
		vi.spyOn(mqtt, "connect").mockReturnValue(client as never);
		nodeNow = NODE_CLOCK;
		missing = [];
		const nothing = () => {};
		const events: FleetEvents = {
			message: nothing, link: nothing, removed: nothing, confirmed: nothing, site: nothing, pictureDropped: nothing,
			pictureMissing: (node, camera) => missing.push(`${node}/${camera}`),
			incomplete: () => [], clockOf: () => nodeNow,
		};
		carrier = new MqttCarrier(events, { url: "ws://h", prefix: "camnode" });
		carrier.start();
		client.emit("connect");
		await vi.advanceTimersByTimeAsync(10);
	});
	afterEach(() => {
		vi.useRealTimers();
		vi.unstubAllGlobals();
		vi.restoreAllMocks();
	});

	it("sends a command that is not carried out when it is too late", async () => {
		const reply = carrier.command("n", "door", "record/set", { state: "ON" });
		expect(client.published[0]).toMatchObject({
			topic: "camnode/n/cam/door/record/set",
			payload: { state: "ON", expires_at: (NODE_CLOCK + COMMAND_TIMEOUT_MS) / 1000 },
			options: { qos: 1, properties: { messageExpiryInterval: COMMAND_TIMEOUT_MS / 1000 } },
		});
		await vi.advanceTimersByTimeAsync(COMMAND_TIMEOUT_MS);
		expect(await reply).toMatchObject({ ok: false, code: "no_answer" });
		client.emit("connect");
		await vi.advanceTimersByTimeAsync(1000);
		expect(client.published.map(({ options }) => options)).toMatchObject([10, 6, 2].map((left) => ({ properties: { messageExpiryInterval: left } })));
		expect(client.published.filter(({ payload }) => payload.id !== client.published[0]!.payload.id)).toEqual([]);
		expect(client.published).toHaveLength(3); // the others while it was waited for
	});

	it("names no time while it does not know the node's clock", () => {
		nodeNow = null;
		void carrier.command("n", "door", "record/set", {});
		expect(client.published[0]!.payload).not.toHaveProperty("expires_at");
	});

	it("sends a command again, with the same id, once it is connected again", async () => {
		void carrier.command("n", "door", "record/set", {});
		client.connected = false;
		await vi.advanceTimersByTimeAsync(5000);
		expect(client.published).toHaveLength(1);
		client.connected = true;
		client.emit("connect");
		await vi.advanceTimersByTimeAsync(10);
		expect(client.published.map(({ payload }) => payload)).toEqual(Array(2).fill(client.published[0]!.payload));
	});

	it("leaves sending again to nobody else", () => {
		const { outgoingStore } = vi.mocked(mqtt.connect).mock.calls[0]![1] as unknown as { outgoingStore: mqtt.Store };
		outgoingStore.put({ cmd: "publish", messageId: 1, topic: "t", payload: "", qos: 1, dup: false, retain: false }, () => {});
		expect(outgoingStore.createStream().read()).toBeNull();
	});

	it.each([["#", null], ["n", "#"], ["n", "+"], ["n", ""], ["a/b", "door"], ["n", "door/record"]])(
		"sends nothing to what cannot be: %s %s", async (node, camera) => {
			expect(await carrier.command(node, camera, "record/set", {})).toMatchObject({ ok: false, code: "unknown_camera" });
			expect(client.published).toEqual([]);
			carrier.watchPicture(node, camera ?? "#");
			await vi.advanceTimersByTimeAsync(100);
			expect(client.subscribed.filter((topic) => topic.endsWith("/snapshot"))).toEqual([]);
		});

	const comes = (topic: string, payload = new Uint8Array()) => client.emit("message", `camnode/${topic}`, payload, { retain: true });

	it("says that there is no picture only when the broker had its time to send it", async () => {
		let acknowledge = () => {};
		client.acknowledged = new Promise((resolve) => { acknowledge = resolve; });
		for (const camera of ["door", "yard", "gate"])
			carrier.watchPicture("n", camera);
		await vi.advanceTimersByTimeAsync(500);
		comes("n/cam/door/snapshot");
		await vi.advanceTimersByTimeAsync(60_000);
		comes("n/cam/gate/snapshot");
		expect([client.unsubscribed, missing]).toEqual([["camnode/-"], []]); // which takes as long as the broker needs
		acknowledge();
		await vi.advanceTimersByTimeAsync(1);
		expect(missing).toEqual(["n/yard"]);
	});

	it("asks for no more than the pictures when they come soon", async () => {
		carrier.watchPicture("n", "door");
		await vi.advanceTimersByTimeAsync(500);
		comes("n/cam/door/snapshot");
		await vi.advanceTimersByTimeAsync(10_000);
		expect([client.unsubscribed, missing]).toEqual([[], []]);
	});

	it("says nothing of pictures while it is not connected, and asks again", async () => {
		carrier.watchPicture("n", "door");
		await vi.advanceTimersByTimeAsync(100);
		client.connected = false;
		await vi.advanceTimersByTimeAsync(10_000);
		expect(missing).toEqual([]);
		client.connected = true;
		client.emit("connect");
		await vi.advanceTimersByTimeAsync(2000);
		expect(missing).toEqual(["n/door"]);
	});

	it("asks one by one for what is refused together", async () => {
		client.refuses = (topics) => topics.some((topic) => topic.includes("/bad/"));
		for (const camera of ["a", "bad", "b"])
			carrier.watchPicture("n", camera);
		await vi.advanceTimersByTimeAsync(100);
		expect(client.subscribed.slice(-2)).toEqual(["camnode/n/cam/a/snapshot", "camnode/n/cam/b/snapshot"]);
	});
});
