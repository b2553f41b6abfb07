// The carrier of a node's own page: server-sent events for what it says, POST for commands.
import { clean } from "../contract/clean";
import { commandSuffix, isId, parseTopic } from "../contract/topic";
import { failure, newId, type Carrier, type CarrierEvents, type Reply } from "./carrier";
import { SseParser } from "./sse";

const SILENCE_MS = 15_000; // the node gives a sign of life every 5 s
const RETRY_MS = [500, 1000, 2000, 4000];
const MAX_PAST = 50; // events of before that a node keeps
const COMMAND_TIMEOUT_MS = 15_000;

export class LoginNeeded extends Error {}

/** fetch() with the header by which the node knows its page. */
export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
	const headers = { "X-Requested-With": "camnode", ...options.headers };
	const response = await fetch(path, { ...options, headers, cache: "no-store" });
	if (response.status === 401 && path !== "/login")
		throw new LoginNeeded();
	return response;
}

export class HttpCarrier implements Carrier {
	private running: AbortController | null = null;
	private failures = 0;
	private lostAt = 0;

	constructor(private readonly events: CarrierEvents) {}

	start(): void {
		if (this.running)
			return;
		this.running = new AbortController();
		void this.run(this.running);
	}

	pause(): void {
		this.running?.abort();
		this.running = null;
		this.events.link({ state: "paused" });
	}

	private async run(control: AbortController): Promise<void> {
		while (!control.signal.aborted) {
			let why = "the node ended the connection";
			try {
				await this.listen(control.signal);
			} catch (error) {
				if (error instanceof LoginNeeded) {
					this.running = null;
					this.events.link({ state: "login" });
					return;
				}
				why = error instanceof Error ? error.message : String(error);
			}
			if (control.signal.aborted)
				return;
			this.lostAt ||= Date.now();
			this.events.link({ state: "lost", since: this.lostAt, why });
			const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]!;
			await new Promise((resolve) => setTimeout(resolve, wait));
		}
	}

	/** Returns or throws when the stream has ended. */
	private async listen(signal: AbortSignal): Promise<void> {
		const inner = new AbortController();
		const stop = () => inner.abort();
		signal.addEventListener("abort", stop);
		let timer = setTimeout(stop, SILENCE_MS);
		try {
			const response = await ask("/api/v1/events", { signal: inner.signal, headers: { Accept: "text/event-stream" } });
			if (!response.ok || !response.body)
				throw new Error(`the node answers ${response.status}`);
			// Asked for once the stream is open: what happens in between comes twice rather than not at all.
			const answer = await ask("/api/v1/state", { signal: inner.signal });
			if (!answer.ok)
				throw new Error(`the node answers ${answer.status}`);
			const state = await answer.json();
			const prefix = String(state.prefix);
			this.failures = this.lostAt = 0;
			const now = Date.now();
			this.events.link({ state: "live", since: now });
			const told = this.takeEvents(state);
			const parser = new SseParser((data) => this.take(data, prefix, told));
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			for (;;) {
				const { done, value } = await reader.read();
				if (done)
					return;
				clearTimeout(timer);
				timer = setTimeout(stop, SILENCE_MS);
				parser.feed(value);
			}
		} finally {
			clearTimeout(timer);
			signal.removeEventListener("abort", stop);
			inner.abort();
		}
	}

	/** What has happened before; the result is it as text. */
	private takeEvents({ node, events }: { node?: unknown; events?: unknown }): Set<string> {
		const past = Array.isArray(events) && isId(node) ? events.slice(-MAX_PAST) : [];
		for (const payload of past)
			this.events.message({ node: node as string, camera: null, name: "event", payload, retained: true, at: Date.now() });
		return new Set(past.map((payload) => JSON.stringify(payload)));
	}

	private take(data: string, prefix: string, told: Set<string>): void {
		let envelope: { topic?: unknown; payload?: unknown };
		try {
			envelope = JSON.parse(data);
		} catch {
			return;
		}
		const address = typeof envelope?.topic === "string" ? parseTopic(envelope.topic, prefix) : null;
		const again = address?.camera === null && address.name === "event" && told.delete(JSON.stringify(envelope.payload));
		if (address && !again)
			this.events.message({ ...address, payload: envelope.payload, retained: false, at: Date.now() });
	}

	async command(_node: string, camera: string | null, command: string, payload: object): Promise<Reply> {
		try {
			const response = await ask(`/api/v1/set/${commandSuffix(camera, command)}`, {
				method: "POST",
				body: JSON.stringify({ ...payload, id: newId() }),
				signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
			});
			const text = await response.text();
			return readReply(text) ?? failure("internal", text.trim() || `the node answers ${response.status}`);
		} catch (error) {
			if (error instanceof LoginNeeded) {
				this.pause();
				this.events.link({ state: "login" });
				return failure("login", "");
			}
			return failure("no_answer", "");
		}
	}
}

function readReply(text: string): Reply | undefined {
	try {
		const value = JSON.parse(text);
		const reply = clean<Reply>("reply", value);
		return reply && { ...reply, data: value.data };
	} catch {
		return undefined;
	}
}
