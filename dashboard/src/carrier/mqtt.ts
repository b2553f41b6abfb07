// The carrier for a fleet: MQTT over WebSocket, everything at QoS 0. What is retained tells which
// nodes there are; pictures are only asked for while a tile shows them.
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { clean } from "../contract/clean";
import { commandSuffix, isId } from "../contract/topic";
import type { Picture } from "../state/node";
import { failure, newId, type Carrier, type CarrierEvents, type Reply } from "./carrier";
import { MAX_PICTURE, nodeOf, parseMessage, RateLimit, siteOf, type Parsed } from "./inbox";

const MAX_PACKET = MAX_PICTURE + 1024; // the broker keeps larger ones to itself
const RECONNECT_MS = 2000;
export const COMMAND_TIMEOUT_MS = 10_000; // afterwards it is not carried out any more
const COMMAND_RETRY_MS = 4000; // the node knows the id and does it once
const ASK_MS = 20;
const MISSING_MS = 1000; // what has not come by then may not be there
const LINGER_MS = 5000; // scrolled away and back again
const REPAIR_MS = 1500;
const REPAIR_AT_ONCE = 100; // nodes
const MAX_REPAIRS = 3; // of a node, as long as the connection lasts
const REFUSED = new Set([4, 5, 0x86, 0x87]); // wrong password, not allowed: of MQTT 3.1.1 and 5

// What is retained comes one after the other, so that a broker's queue has room.
const PRESENCE = ["status", "cam/+/status"];
const RETAINED = ["cam/+/enabled", "info", "cam/+/record", "cam/+/snapshot/meta", "cam/+/profile"]; // private ones are known first
const CURRENT = ["telemetry", "event", "reply", "cam/+/stats"];
const SITES = "sites/+";
const NOTHING = "-"; // no topic of a node
const DOWN = 0x30; // "0"

export interface Broker {
	url: string;
	prefix: string;
	user?: string;
	password?: string;
}

export interface Arrivals {
	since: number;
	messages: number;
	bytes: number; // of topics and payloads
	refused: number; // too many, too large, broken or of no use
}

interface Watch {
	count: number; // of those who watch
	timer: number;
	came: boolean; // something of it
	missing: () => void;
}

interface Pending {
	done: (reply: Reply) => void;
	send: () => void;
	timers: number[];
}

export interface FleetEvents extends CarrierEvents {
	removed(node: string): void;
	/** Who is online has been told; what is older than `since` counts no more. */
	confirmed(since: number): void;
	site(site: string, up: boolean): void;
	pictureDropped(node: string, camera: string): void;
	/** It was asked for, and the broker has none. */
	pictureMissing(node: string, camera: string): void;
	/** Nodes whose status came without the rest of what they retain. */
	incomplete(): string[];
	/** What a node's clock says, in ms; null while that is not known. */
	clockOf(node: string): number | null;
}

/** MQTT.js sends what was not acknowledged at each new connection, for ever. Here only what is still waited for is sent again. */
class Unrepeated extends mqtt.Store {
	override createStream(): ReturnType<mqtt.Store["createStream"]> {
		return new mqtt.Store().createStream();
	}
}

export class MqttCarrier implements Carrier {
	private client: MqttClient | null = null;
	private socket: WebSocket | null = null;
	private readonly pending = new Map<string, Pending>();
	private readonly watched = new Map<string, Watch>(); // by topic below the prefix
	private readonly asked = new Map<string, boolean>(); // what was watched or left since the last packet
	private askTimer = 0;
	private readonly rate = new RateLimit();
	/** What has come since the page was opened. */
	readonly arrivals: Arrivals = { since: Date.now(), messages: 0, bytes: 0, refused: 0 };
	private lostAt = 0;
	private repairTimer = 0;
	private repairs = new Map<string, number>(); // how often each node was asked again

	constructor(private readonly events: FleetEvents, private broker: Broker) {}

	start(): void {
		if (this.client)
			return;
		const { url, user, password } = this.broker;
		const options: IClientOptions = {
			protocolVersion: 5, clean: true, resubscribe: false, reconnectPeriod: RECONNECT_MS, keepalive: 20,
			timerVariant: "native", // its other one is a worker made of a string, which the policy forbids
			writeCache: false, // 65,536 buffers, a third of a second before the first packet
			connectTimeout: 10_000, queueQoSZero: false, clientId: `dashboard-${newId()}`, username: user, password,
			properties: { maximumPacketSize: MAX_PACKET }, outgoingStore: new Unrepeated(),
			createWebsocket: (address, protocols) => this.socket = new WebSocket(address, protocols),
		};
		this.events.link({ state: "connecting" });
		const client = mqtt.connect(url, options);
		this.client = client;
		client.on("connect", () => void this.connected(client));
		client.on("message", (topic, data, packet) => this.take(topic, data, packet.retain));
		client.on("close", () => this.client === client && this.lost(""));
		client.on("error", (error) => this.client === client && this.failed(error));
	}

	pause(): void {
		this.close();
		this.events.link({ state: "paused" });
	}

	/** Connects as another user. */
	use(user: string | undefined, password: string | undefined): void {
		this.close();
		this.broker = { ...this.broker, user, password };
		this.start();
	}

	private close(): void {
		const client = this.client;
		this.client = null;
		clearTimeout(this.repairTimer);
		client?.end(true);
		this.socket?.close(); // at once: the client does it later, and a page that is left has no later
		this.socket = null;
	}

	private failed(error: Error & { code?: number | string }): void {
		if (!REFUSED.has(Number(error.code)))
			return this.lost(error.message);
		this.close();
		this.broker = { ...this.broker, user: undefined, password: undefined };
		this.events.link({ state: "login" });
	}

	private lost(why: string): void {
		this.lostAt ||= Date.now();
		clearTimeout(this.repairTimer);
		this.events.link({ state: "lost", since: this.lostAt, why });
	}

	private topic(suffix: string): string {
		return `${this.broker.prefix}/${suffix}`;
	}

	private async connected(client: MqttClient): Promise<void> {
		const since = Date.now();
		this.repairs = new Map();
		const ask = async (topics: string[]) => {
			await this.subscribe(client, topics);
			return client === this.client && client.connected;
		};
		// The second acknowledgement comes behind all that the first subscription had to say.
		if (!await ask(PRESENCE.map((name) => this.topic(`+/${name}`))) || !await ask([...CURRENT.map((name) => this.topic(`+/${name}`)), SITES]))
			return;
		this.lostAt = 0;
		this.events.confirmed(since);
		this.events.link({ state: "live", since });
		this.pending.forEach(({ send }) => send());
		for (const name of RETAINED)
			if (!await ask([this.topic(`+/${name}`)]))
				return;
		if (this.watched.size)
			void this.askFor(client, [...this.watched.keys()]);
		this.repairTimer = window.setTimeout(() => void this.repair(client), REPAIR_MS);
	}

	/** One of many topics that cannot be had does not take the others along. */
	private async subscribe(client: MqttClient, topics: string[]): Promise<void> {
		try {
			await client.subscribeAsync(topics, { qos: 0 });
		} catch {
			// The connection is lost, or a subscription not allowed: what comes, comes.
			if (topics.length > 1 && client === this.client && client.connected)
				await Promise.all(topics.map((topic) => this.subscribe(client, [topic])));
		}
	}

	/** A broker drops what its queue has no room for: asks again for what did not arrive. */
	private async repair(client: MqttClient): Promise<void> {
		if (client !== this.client || !client.connected)
			return;
		const asked = (node: string) => this.repairs.get(node) ?? 0;
		const missing = this.events.incomplete().filter((node) => asked(node) < MAX_REPAIRS).slice(0, REPAIR_AT_ONCE);
		for (const node of missing)
			this.repairs.set(node, asked(node) + 1);
		const topics = missing.flatMap((node) => [...PRESENCE, ...RETAINED].map((name) => this.topic(`${node}/${name}`)));
		try {
			if (topics.length) {
				await client.subscribeAsync(topics, { qos: 0 });
				await client.unsubscribeAsync(topics);
			}
		} catch {
			return;
		}
		this.repairTimer = window.setTimeout(() => void this.repair(client), REPAIR_MS);
	}

	private take(topic: string, data: Uint8Array, retained: boolean): void {
		const now = Date.now();
		const site = siteOf(topic);
		this.arrivals.messages++;
		this.arrivals.bytes += topic.length + data.length;
		if (site !== null)
			return this.events.site(site, data[0] !== DOWN);
		const allowed = retained || this.rate.allows(nodeOf(topic, this.broker.prefix), now);
		const message = allowed ? parseMessage(topic, data, this.broker.prefix) : null;
		if (!message) {
			this.arrivals.refused++;
			return;
		}
		const watch = this.watched.get(topic.slice(this.broker.prefix.length + 1));
		if (watch)
			watch.came = true;
		if (message.camera === null && message.name === "reply")
			this.answer(message.payload);
		else if (message.camera === null && message.name === "status" && message.payload === undefined)
			this.events.removed(message.node);
		else
			this.events.message({ ...message, payload: payloadOf(message, now), retained, at: now });
	}

	private answer(payload: unknown): void {
		const reply = clean<Reply>("reply", payload);
		const pending = reply?.id ? this.pending.get(reply.id) : undefined;
		if (reply && pending)
			this.settle(reply.id!, { ...reply, data: (payload as { data?: Reply["data"] }).data });
	}

	private settle(id: string, reply: Reply): void {
		const pending = this.pending.get(id);
		this.pending.delete(id);
		pending?.timers.forEach(clearTimeout);
		pending?.done(reply);
	}

	command(node: string, camera: string | null, command: string, payload: object): Promise<Reply> {
		const client = this.client;
		if (!isId(node) || (camera !== null && !isId(camera)))
			return Promise.resolve(failure("unknown_camera", ""));
		if (!client?.connected)
			return Promise.resolve(failure("not_connected", ""));
		const id = newId();
		const topic = this.topic(`${node}/${commandSuffix(camera, command)}`);
		const clock = this.events.clockOf(node);
		const limit = clock === null ? {} : { expires_at: (clock + COMMAND_TIMEOUT_MS) / 1000 };
		const text = JSON.stringify({ ...payload, id, ...limit });
		const end = Date.now() + COMMAND_TIMEOUT_MS;
		const left = () => ({ messageExpiryInterval: Math.max(1, Math.ceil((end - Date.now()) / 1000)) });
		const send = () => client.publish(topic, text, { qos: 1, properties: left() }, (error) => {
			if ((error as { code?: number } | undefined)?.code === 0x87)
				this.settle(id, failure("not_allowed", ""));
		});
		return new Promise((done) => {
			const timers = [
				window.setInterval(() => client.connected && send(), COMMAND_RETRY_MS),
				window.setTimeout(() => this.settle(id, failure("no_answer", "")), COMMAND_TIMEOUT_MS),
			];
			this.pending.set(id, { done, send: () => client === this.client && client.connected && send(), timers });
			send();
		});
	}

	/** Has the pictures of a camera come while somebody watches; the result ends that. */
	watchPicture(node: string, camera: string): () => void {
		if (!isId(node) || !isId(camera))
			return () => {};
		return this.watch(`${node}/cam/${camera}/snapshot`, () => this.events.pictureMissing(node, camera),
			() => this.events.pictureDropped(node, camera));
	}

	/** Likewise what the cameras of a node offer to be set. */
	watchControls(node: string): () => void {
		return this.watch(`${node}/cam/+/controls`, () => {}, () => {});
	}

	private watch(name: string, missing: () => void, dropped: () => void): () => void {
		const watch = this.watched.get(name) ?? { count: 0, timer: 0, came: false, missing };
		clearTimeout(watch.timer);
		watch.count++;
		if (!this.watched.has(name))
			this.ask(name, true);
		this.watched.set(name, watch);
		return () => this.leave(name, dropped);
	}

	/** Soon, together with others: mosquitto takes up to 0.2 s for each packet over WebSockets. */
	private ask(name: string, wanted: boolean): void {
		this.asked.set(name, wanted);
		this.askTimer ||= window.setTimeout(() => this.askAll(), ASK_MS);
	}

	private askAll(): void {
		const names = (wanted: boolean) => [...this.asked].filter((entry) => entry[1] === wanted).map(([name]) => name);
		const [more, less] = [names(true), names(false)];
		this.askTimer = 0;
		this.asked.clear();
		if (!this.client?.connected)
			return; // a new connection asks for all that is watched
		if (more.length)
			void this.askFor(this.client, more);
		if (less.length)
			this.client.unsubscribe(less.map((name) => this.topic(name)), () => {});
	}

	/** Has what is watched come; of what then has not, nothing is there. */
	private async askFor(client: MqttClient, names: string[]): Promise<void> {
		const watches = names.map((name) => [name, this.watched.get(name)] as const);
		const missing = () => client === this.client && client.connected
			? watches.filter(([name, watch]) => watch && !watch.came && watch === this.watched.get(name)) : [];
		await this.subscribe(client, names.map((name) => this.topic(name)));
		await new Promise((resolve) => setTimeout(resolve, MISSING_MS));
		if (!missing().length)
			return; // all came, or a new connection asks again
		try {
			await client.unsubscribeAsync(this.topic(NOTHING)); // its acknowledgement comes behind all that is retained
			missing().forEach(([, watch]) => watch!.missing());
		} catch {
			// as above
		}
	}

	private leave(name: string, dropped: () => void): void {
		const watch = this.watched.get(name);
		if (!watch || --watch.count > 0)
			return;
		watch.timer = window.setTimeout(() => {
			this.watched.delete(name);
			this.ask(name, false);
			dropped();
		}, LINGER_MS);
	}
}

function payloadOf(message: Parsed, at: number): unknown {
	if (message.name !== "snapshot" || message.payload === undefined)
		return message.payload;
	const bytes = message.payload as Uint8Array<ArrayBuffer>;
	const blob = new Blob([bytes], { type: "image/jpeg" });
	const picture: Picture = { blob, url: URL.createObjectURL(blob), bytes: bytes.length, at };
	return picture;
}
