// The one place where state lives. Messages are applied at once; views are told at most once a
// frame, however many messages come.
import { clean } from "../contract/clean";
import type { EventPayload } from "../contract/generated";
import { newNode, reduce, unconfirmed, withCamera, type Happening, type Message, type Node, type Picture } from "./node";

export const MAX_NODES = 20_000;
export const MAX_EVENTS = 200;
export const MAX_SITES = 200;

/** How the dashboard reaches what it watches. */
export type Link =
	| { state: "connecting" }
	| { state: "live"; since: number }
	| { state: "lost"; since: number; why: string }
	| { state: "paused" }
	| { state: "login" };

type Schedule = (run: () => void) => void;

const nextFrame: Schedule = (run) => {
	// A hidden page has no frames.
	if (typeof requestAnimationFrame === "function" && !document.hidden)
		requestAnimationFrame(run);
	else
		setTimeout(run, 100);
};

export class Store {
	readonly nodes = new Map<string, Node>();
	events: readonly Happening[] = [];
	link: Link = { state: "connecting" };
	eventCount = 0;
	readonly sitesDown = new Set<string>();
	version = 0;
	dropped = 0; // messages of nodes over the limit
	private readonly listeners = new Set<() => void>();
	private scheduled = false;

	constructor(private readonly schedule: Schedule = nextFrame) {}

	subscribe(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	setLink(link: Link): void {
		this.link = link;
		this.changed();
	}

	apply(message: Message): void {
		const before = this.nodes.get(message.node);
		if (!before && this.nodes.size >= MAX_NODES) {
			this.dropped++;
			return;
		}
		if (message.camera === null && message.name === "event")
			this.addEvent(message);
		const old = message.name === "snapshot" ? before?.cameras[message.camera!]?.picture : undefined;
		const after = reduce(before ?? newNode(message.node), message);
		if (after === before || (message.camera !== null && !after.cameras[message.camera])) {
			if (message.name === "snapshot")
				revoke(message.payload as Picture | undefined);
			return;
		}
		this.nodes.set(message.node, after);
		if (old)
			revoke(old);
		this.changed();
	}

	/** Nodes of which not all has come that they retain. */
	incomplete(): string[] {
		const lacks = ({ status, info, cameras }: Node) =>
			status === "unknown" || !info || info.cameras.some(({ id }) => !cameras[id]?.record);
		return [...this.nodes.values()].filter(lacks).map(({ id }) => id);
	}

	/** What a node's clock says, by its last reading; null before the first. */
	clockOf(id: string, now: number): number | null {
		const node = this.nodes.get(id);
		return node?.telemetry ? now - node.skewMs : null;
	}

	/** The statuses of a new connection have all come: who was silent is not online any more. */
	confirm(since: number): void {
		for (const [id, node] of this.nodes)
			this.nodes.set(id, unconfirmed(node, since));
		this.changed();
	}

	/** Whether a site's line to the broker is up. */
	setSite(site: string, up: boolean): void {
		if (up)
			this.sitesDown.delete(site);
		else if (this.sitesDown.size < MAX_SITES)
			this.sitesDown.add(site);
		this.changed();
	}

	/** Forgets a node: its retained messages were cleared. */
	remove(id: string): void {
		const node = this.nodes.get(id);
		for (const camera of Object.values(node?.cameras ?? {}))
			revoke(camera.picture);
		if (this.nodes.delete(id))
			this.changed();
	}

	/** A picture was asked for, and none came. */
	noPicture(id: string, camera: string): void {
		if (this.nodes.has(id))
			this.apply({ node: id, camera, name: "snapshot", payload: undefined, retained: true, at: Date.now() });
	}

	/** Drops a picture that no tile shows any more. */
	forgetPicture(id: string, camera: string): void {
		const node = this.nodes.get(id);
		const known = node?.cameras[camera];
		if (!node || known?.picture === undefined)
			return;
		revoke(known.picture);
		this.nodes.set(id, withCamera(node, { ...known, picture: undefined }));
		this.changed();
	}

	private knows(node: string, event: EventPayload): boolean {
		const text = JSON.stringify(event);
		return this.events.some((known) => known.node === node && JSON.stringify(known.event) === text);
	}

	private addEvent(message: Message): void {
		const event = clean<EventPayload>("event", message.payload);
		if (!event || (message.retained && this.knows(message.node, event)))
			return;
		const entry = { key: `${this.eventCount++}`, node: message.node, at: message.at, event, past: message.retained };
		this.events = [entry, ...this.events.slice(0, MAX_EVENTS - 1)];
		this.changed();
	}

	private changed(): void {
		this.version++;
		if (this.scheduled)
			return;
		this.scheduled = true;
		this.schedule(() => {
			this.scheduled = false;
			for (const listener of [...this.listeners])
				listener();
		});
	}
}

function revoke(picture: Picture | null | undefined): void {
	if (picture)
		URL.revokeObjectURL(picture.url);
}
