// The list of a library's recordings as it is read: the newest, then more of them.
import { listNewest, listRecordings, NotSetUp, PAGE, type Query, type Recording } from "./recordings";

/** "unset": the server between knows no way to the node. */
export type Loaded = { state: "loading" | "failed" | "unset" | "there"; items: Recording[]; total: number };

/** Of one query at a time: what is still being read of another does not count any more. */
export class Listing {
	loaded: Loaded = { state: "loading", items: [], total: 0 };
	private place: { base: string; query: Query } | null = null;
	private shown = PAGE;
	private control = new AbortController();
	private reading = false; // more

	constructor(private readonly changed: () => void) {}

	/** Reads it anew: as much as was shown, if it is of the same. */
	read(base: string, query: Query): void {
		const place = { base, query };
		if (JSON.stringify(place) !== JSON.stringify(this.place))
			this.shown = PAGE;
		this.place = place;
		this.stop();
		this.control = new AbortController();
		this.reading = false;
		void this.take(this.control.signal, listNewest(base, query, this.shown, this.control.signal), []);
	}

	/** Reads what follows, once. */
	more(): void {
		if (this.reading || !this.place)
			return;
		const { base, query } = this.place;
		const { items } = this.loaded;
		const { signal } = this.control;
		this.reading = true;
		this.shown = items.length + PAGE;
		void this.take(signal, listRecordings(base, query, items.length, signal), items);
	}

	replace(item: Recording): void {
		this.set({ ...this.loaded, items: this.loaded.items.map((old) => (old.file === item.file ? item : old)) });
	}

	stop(): void {
		this.control.abort();
	}

	private set(loaded: Loaded): void {
		this.loaded = loaded;
		this.changed();
	}

	private async take(signal: AbortSignal, answer: Promise<{ total: number; items: Recording[] }>, before: Recording[]): Promise<void> {
		try {
			const { total, items } = await answer;
			if (!signal.aborted)
				this.set({ state: "there", total, items: [...before, ...items] });
		} catch (error) {
			if (!signal.aborted)
				this.set({ ...this.loaded, state: error instanceof NotSetUp ? "unset" : "failed" });
		}
		if (!signal.aborted)
			this.reading = false;
	}
}
